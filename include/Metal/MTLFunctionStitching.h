/* SPDX-License-Identifier: MIT */
/* Libraries of stitched functions, of which Tongs makes none. */
#ifndef METAL_MTLFUNCTIONSTITCHING_H
#define METAL_MTLFUNCTIONSTITCHING_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@interface MTLStitchedLibraryDescriptor : TongsObject <NSCopying>
@property(nonatomic, copy) NSArray *functionGraphs;
@property(nonatomic, copy) NSArray *MTL_NULLABLE functions;
@end

NS_ASSUME_NONNULL_END

#endif
