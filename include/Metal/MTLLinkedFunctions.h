/* SPDX-License-Identifier: MIT */
/* Functions that a pipeline links to. */
#ifndef METAL_MTLLINKEDFUNCTIONS_H
#define METAL_MTLLINKEDFUNCTIONS_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@interface MTLLinkedFunctions : TongsObject <NSCopying>
+ (MTLLinkedFunctions *)linkedFunctions;
@property(nonatomic, copy) NSArray *MTL_NULLABLE functions;
@property(nonatomic, copy) NSArray *binaryFunctions;
@property(nonatomic, copy) NSDictionary *MTL_NULLABLE groups;
@property(nonatomic, copy) NSArray *MTL_NULLABLE privateFunctions;
@end

NS_ASSUME_NONNULL_END

#endif
