/* SPDX-License-Identifier: MIT */
/* Counters of the GPU, of which Tongs has none. */
#ifndef METAL_MTLCOUNTERS_H
#define METAL_MTLCOUNTERS_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLCounterSet;
@protocol MTLDevice;

/* Names of counters and of their sets. */
MTL_EXTERN NSString *const MTLCommonCounterTimestamp;
MTL_EXTERN NSString *const MTLCommonCounterTessellationInputPatches;
MTL_EXTERN NSString *const MTLCommonCounterVertexInvocations;
MTL_EXTERN NSString *const MTLCommonCounterPostTessellationVertexInvocations;
MTL_EXTERN NSString *const MTLCommonCounterClipperInvocations;
MTL_EXTERN NSString *const MTLCommonCounterClipperPrimitivesOut;
MTL_EXTERN NSString *const MTLCommonCounterFragmentInvocations;
MTL_EXTERN NSString *const MTLCommonCounterFragmentsPassed;
MTL_EXTERN NSString *const MTLCommonCounterComputeKernelInvocations;
MTL_EXTERN NSString *const MTLCommonCounterTotalCycles;
MTL_EXTERN NSString *const MTLCommonCounterVertexCycles;
MTL_EXTERN NSString *const MTLCommonCounterTessellationCycles;
MTL_EXTERN NSString *const MTLCommonCounterPostTessellationVertexCycles;
MTL_EXTERN NSString *const MTLCommonCounterFragmentCycles;
MTL_EXTERN NSString *const MTLCommonCounterRenderTargetWriteCycles;
MTL_EXTERN NSString *const MTLCommonCounterSetTimestamp;
MTL_EXTERN NSString *const MTLCommonCounterSetStageUtilization;
MTL_EXTERN NSString *const MTLCommonCounterSetStatistic;

#define MTLCounterDontSample ((NSUInteger)-1)
#define MTLCounterErrorValue UINT64_MAX

MTL_EXTERN NSString *const MTLCounterErrorDomain;

typedef MTL_ENUM(NSInteger, MTLCounterSampleBufferError){
	MTLCounterSampleBufferErrorOutOfMemory = 0,
	MTLCounterSampleBufferErrorInvalid = 1,
	MTLCounterSampleBufferErrorInternal = 2,
};

@interface MTLCounterSampleBufferDescriptor : TongsObject <NSCopying>
@property(nonatomic, retain) id<MTLCounterSet> MTL_NULLABLE counterSet;
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@property(nonatomic) MTLStorageMode storageMode;
@property(nonatomic) NSUInteger sampleCount;
@end

@protocol MTLCounter <NSObject>
@property(readonly) NSString *name;
@end

@protocol MTLCounterSet <NSObject>
@property(readonly) NSString *name;
@property(readonly) NSArray *counters;
@end

@protocol MTLCounterSampleBuffer <NSObject>
@property(readonly) id<MTLDevice> device;
@property(readonly) NSString *MTL_NULLABLE label;
@property(readonly) NSUInteger sampleCount;
- (NSData *)resolveCounterRange:(NSRange)range;
@end

NS_ASSUME_NONNULL_END

#endif
