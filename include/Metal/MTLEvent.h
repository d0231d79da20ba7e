/* SPDX-License-Identifier: MIT */
/* Shared events: values that the CPU signals, waits for, and is notified of. */
#ifndef METAL_MTLEVENT_H
#define METAL_MTLEVENT_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;
@protocol MTLSharedEvent;

@protocol MTLEvent <NSObject>
@property(readonly) id<MTLDevice> MTL_NULLABLE device; /* never nil */
@property(copy) NSString *MTL_NULLABLE label;
@end

#ifdef __BLOCKS__
typedef void (^MTLSharedEventNotificationBlock)(id<MTLSharedEvent> event, uint64_t value);
#else
typedef id MTLSharedEventNotificationBlock; /* a block from another compiler */
#endif

/* Calls the blocks of notifications, one after the other: in a thread of its own, or on a queue of libdispatch. */
@interface MTLSharedEventListener : TongsObject
- (id MTL_NULLABLE)initWithDispatchQueue:
	(id)dispatchQueue; /* a dispatch_queue_t; nil, with an error reported, without libdispatch */
@property(nonatomic, readonly) id MTL_NULLABLE dispatchQueue; /* nil: the listener has a thread of its own */
@end

/* Stands for an event. */
@interface MTLSharedEventHandle : TongsObject
@property(nonatomic, readonly) NSString *MTL_NULLABLE label; /* the event's */
@end

@protocol MTLSharedEvent <MTLEvent>
@property uint64_t signaledValue; /* 0 at first; it only grows: a value that is not higher changes nothing */
/* NO: the event did not have the value or a higher one in so many milliseconds. UINT64_MAX: waits for ever. */
- (BOOL)waitUntilSignaledValue:(uint64_t)value timeoutMS:(uint64_t)milliseconds;
/* Calls the block once, soon after the event has the value or a higher one; never if the event ends before. */
- (void)notifyListener:(MTLSharedEventListener *)listener
	       atValue:(uint64_t)value
		 block:(MTLSharedEventNotificationBlock)block;
- (MTLSharedEventHandle *)newSharedEventHandle;
@end

NS_ASSUME_NONNULL_END

#endif
