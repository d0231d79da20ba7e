/* SPDX-License-Identifier: MIT */
/* Constants of shader functions. */
#ifndef METAL_MTLFUNCTIONCONSTANTVALUES_H
#define METAL_MTLFUNCTIONCONSTANTVALUES_H

#import <Metal/MTLArgument.h>

NS_ASSUME_NONNULL_BEGIN

@interface MTLFunctionConstantValues : TongsObject <NSCopying>
/* These have no effect. */
- (void)setConstantValue:(const void *)value type:(MTLDataType)type atIndex:(NSUInteger)index;
- (void)setConstantValues:(const void *)values type:(MTLDataType)type withRange:(NSRange)range;
- (void)setConstantValue:(const void *)value type:(MTLDataType)type withName:(NSString *)name;
- (void)reset;
@end

NS_ASSUME_NONNULL_END

#endif
