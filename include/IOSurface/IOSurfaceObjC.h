/* SPDX-License-Identifier: MIT */
/* The class IOSurface. Its methods are the functions of IOSurfaceRef.h. */
#ifndef IOSURFACE_IOSURFACEOBJC_H
#define IOSURFACE_IOSURFACEOBJC_H

#import <Metal/MTLFoundation.h>

#include <IOSurface/IOSurfaceRef.h>

NS_ASSUME_NONNULL_BEGIN

typedef NSString *IOSurfacePropertyKey;

/* The same strings as the constants in IOSurfaceRef.h. */
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyWidth;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyHeight;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyBytesPerElement;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyElementWidth;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyElementHeight;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyBytesPerRow;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyOffset;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyAllocSize;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPixelFormat;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneInfo;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneWidth;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneHeight;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneBytesPerElement;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneElementWidth;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneElementHeight;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneBytesPerRow;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneOffset;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPlaneSize;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyCacheMode;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyIsGlobal;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyPixelSizeCastingAllowed;
MTL_EXTERN const IOSurfacePropertyKey IOSurfacePropertyKeyName;

@interface IOSurface : TongsObject
- (id MTL_NULLABLE)initWithProperties:(id)properties; /* as IOSurfaceCreate */
@property(nonatomic, readonly) IOSurfaceID surfaceID;
@property(nonatomic, readonly) NSInteger allocationSize;
@property(nonatomic, readonly) NSInteger width;
@property(nonatomic, readonly) NSInteger height;
@property(nonatomic, readonly) void *baseAddress;
@property(nonatomic, readonly) OSType pixelFormat;
@property(nonatomic, readonly) NSInteger bytesPerRow;
@property(nonatomic, readonly) NSInteger bytesPerElement;
@property(nonatomic, readonly) NSInteger elementWidth;
@property(nonatomic, readonly) NSInteger elementHeight;
@property(nonatomic, readonly) uint32_t seed;
@property(nonatomic, readonly) NSUInteger planeCount;
- (NSInteger)widthOfPlaneAtIndex:(NSUInteger)planeIndex;
- (NSInteger)heightOfPlaneAtIndex:(NSUInteger)planeIndex;
- (NSInteger)bytesPerRowOfPlaneAtIndex:(NSUInteger)planeIndex;
- (NSInteger)bytesPerElementOfPlaneAtIndex:(NSUInteger)planeIndex;
- (NSInteger)elementWidthOfPlaneAtIndex:(NSUInteger)planeIndex;
- (NSInteger)elementHeightOfPlaneAtIndex:(NSUInteger)planeIndex;
- (void *)baseAddressOfPlaneAtIndex:(NSUInteger)planeIndex;
- (kern_return_t)lockWithOptions:(IOSurfaceLockOptions)options seed:(uint32_t *MTL_NULLABLE)seed;
- (kern_return_t)unlockWithOptions:(IOSurfaceLockOptions)options seed:(uint32_t *MTL_NULLABLE)seed;
@property(nonatomic, readonly, getter=isInUse) BOOL inUse;
@property(nonatomic, readonly) int32_t localUseCount;
- (void)incrementUseCount;
- (void)decrementUseCount;
@property(nonatomic, readonly) BOOL allowsPixelSizeCasting; /* NO */
/* Without an autorelease pool, what attachmentForKey: returns is valid as long as it is attached. */
- (void)setAttachment:(id MTL_NULLABLE)object forKey:(NSString *)key;
- (id MTL_NULLABLE)attachmentForKey:(NSString *)key;
- (void)removeAttachmentForKey:(NSString *)key;
- (void)removeAllAttachments;
@end

NS_ASSUME_NONNULL_END

#endif
