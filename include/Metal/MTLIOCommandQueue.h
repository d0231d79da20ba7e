/* SPDX-License-Identifier: MIT */
/* Queues that load files, of which Tongs makes none. */
#ifndef METAL_MTLIOCOMMANDQUEUE_H
#define METAL_MTLIOCOMMANDQUEUE_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLIOScratchBufferAllocator;

typedef MTL_ENUM(NSInteger, MTLIOPriority){
	MTLIOPriorityHigh = 0,
	MTLIOPriorityNormal = 1,
	MTLIOPriorityLow = 2,
};

typedef MTL_ENUM(NSInteger, MTLIOCommandQueueType){
	MTLIOCommandQueueTypeConcurrent = 0,
	MTLIOCommandQueueTypeSerial = 1,
};

typedef MTL_ENUM(NSInteger, MTLIOCompressionMethod){
	MTLIOCompressionMethodZlib = 0,
	MTLIOCompressionMethodLZFSE = 1,
	MTLIOCompressionMethodLZ4 = 2,
	MTLIOCompressionMethodLZMA = 3,
	MTLIOCompressionMethodLZBitmap = 4,
};

MTL_EXTERN NSString *const MTLIOErrorDomain;

typedef MTL_ENUM(NSInteger, MTLIOError){
	MTLIOErrorURLInvalid = 1,
	MTLIOErrorInternal = 2,
};

@interface MTLIOCommandQueueDescriptor : TongsObject <NSCopying>
@property(nonatomic) NSUInteger maxCommandBufferCount;
@property(nonatomic) MTLIOPriority priority;
@property(nonatomic) MTLIOCommandQueueType type;
@property(nonatomic) NSUInteger maxCommandsInFlight;
@property(nonatomic, retain) id<MTLIOScratchBufferAllocator> MTL_NULLABLE scratchBufferAllocator;
@end

@protocol MTLIOFileHandle <NSObject>
@property(copy) NSString *MTL_NULLABLE label;
@end

NS_ASSUME_NONNULL_END

#endif
