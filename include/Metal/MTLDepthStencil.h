/* SPDX-License-Identifier: MIT */
/* Depth and stencil states, of which Tongs makes none: they are of draws. */
#ifndef METAL_MTLDEPTHSTENCIL_H
#define METAL_MTLDEPTHSTENCIL_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;

typedef MTL_ENUM(NSUInteger, MTLCompareFunction){
	MTLCompareFunctionNever = 0,
	MTLCompareFunctionLess = 1,
	MTLCompareFunctionEqual = 2,
	MTLCompareFunctionLessEqual = 3,
	MTLCompareFunctionGreater = 4,
	MTLCompareFunctionNotEqual = 5,
	MTLCompareFunctionGreaterEqual = 6,
	MTLCompareFunctionAlways = 7,
};

typedef MTL_ENUM(NSUInteger, MTLStencilOperation){
	MTLStencilOperationKeep = 0,
	MTLStencilOperationZero = 1,
	MTLStencilOperationReplace = 2,
	MTLStencilOperationIncrementClamp = 3,
	MTLStencilOperationDecrementClamp = 4,
	MTLStencilOperationInvert = 5,
	MTLStencilOperationIncrementWrap = 6,
	MTLStencilOperationDecrementWrap = 7,
};

@interface MTLStencilDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLCompareFunction stencilCompareFunction; /* default Always */
@property(nonatomic) MTLStencilOperation stencilFailureOperation;
@property(nonatomic) MTLStencilOperation depthFailureOperation;
@property(nonatomic) MTLStencilOperation depthStencilPassOperation;
@property(nonatomic) uint32_t readMask;  /* default all bits */
@property(nonatomic) uint32_t writeMask; /* default all bits */
@end

@interface MTLDepthStencilDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLCompareFunction depthCompareFunction; /* default Always */
@property(nonatomic, getter=isDepthWriteEnabled) BOOL depthWriteEnabled;
@property(nonatomic, copy) MTLStencilDescriptor *MTL_NULLABLE frontFaceStencil; /* nil sets the defaults */
@property(nonatomic, copy) MTLStencilDescriptor *MTL_NULLABLE backFaceStencil;  /* nil sets the defaults */
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@end

@protocol MTLDepthStencilState <NSObject>
@property(readonly) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
@end

NS_ASSUME_NONNULL_END

#endif
