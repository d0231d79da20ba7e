/* SPDX-License-Identifier: MIT */
/* What all pipelines have in common. */
#ifndef METAL_MTLPIPELINE_H
#define METAL_MTLPIPELINE_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

typedef MTL_ENUM(NSUInteger, MTLMutability){
	MTLMutabilityDefault = 0,
	MTLMutabilityMutable = 1,
	MTLMutabilityImmutable = 2,
};

@interface MTLPipelineBufferDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLMutability mutability;
@end

/* 31 of them, from index 0 on. Setting one keeps a copy; nil sets the defaults. */
@interface MTLPipelineBufferDescriptorArray : TongsObject
- (MTLPipelineBufferDescriptor *)objectAtIndexedSubscript:(NSUInteger)index;
- (void)setObject:(MTLPipelineBufferDescriptor *MTL_NULLABLE)object atIndexedSubscript:(NSUInteger)index;
@end

NS_ASSUME_NONNULL_END

#endif
