/* SPDX-License-Identifier: MIT */
/* Samplers, of which Tongs makes none: shaders use them. */
#ifndef METAL_MTLSAMPLER_H
#define METAL_MTLSAMPLER_H

#import <Metal/MTLDepthStencil.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;

typedef MTL_ENUM(NSUInteger, MTLSamplerMinMagFilter){
	MTLSamplerMinMagFilterNearest = 0,
	MTLSamplerMinMagFilterLinear = 1,
};

typedef MTL_ENUM(NSUInteger, MTLSamplerMipFilter){
	MTLSamplerMipFilterNotMipmapped = 0,
	MTLSamplerMipFilterNearest = 1,
	MTLSamplerMipFilterLinear = 2,
};

typedef MTL_ENUM(NSUInteger, MTLSamplerAddressMode){
	MTLSamplerAddressModeClampToEdge = 0,
	MTLSamplerAddressModeMirrorClampToEdge = 1,
	MTLSamplerAddressModeRepeat = 2,
	MTLSamplerAddressModeMirrorRepeat = 3,
	MTLSamplerAddressModeClampToZero = 4,
	MTLSamplerAddressModeClampToBorderColor = 5,
};

typedef MTL_ENUM(NSUInteger, MTLSamplerBorderColor){
	MTLSamplerBorderColorTransparentBlack = 0,
	MTLSamplerBorderColorOpaqueBlack = 1,
	MTLSamplerBorderColorOpaqueWhite = 2,
};

@interface MTLSamplerDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLSamplerMinMagFilter minFilter;
@property(nonatomic) MTLSamplerMinMagFilter magFilter;
@property(nonatomic) MTLSamplerMipFilter mipFilter;
@property(nonatomic) NSUInteger maxAnisotropy; /* default 1 */
@property(nonatomic) MTLSamplerAddressMode sAddressMode;
@property(nonatomic) MTLSamplerAddressMode tAddressMode;
@property(nonatomic) MTLSamplerAddressMode rAddressMode;
@property(nonatomic) MTLSamplerBorderColor borderColor;
@property(nonatomic) BOOL normalizedCoordinates; /* default YES */
@property(nonatomic) float lodMinClamp;
@property(nonatomic) float lodMaxClamp; /* default FLT_MAX */
@property(nonatomic) BOOL lodAverage;
@property(nonatomic) MTLCompareFunction compareFunction;
@property(nonatomic) BOOL supportArgumentBuffers;
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@end

@protocol MTLSamplerState <NSObject>
@property(readonly) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
@property(readonly) MTLResourceID gpuResourceID;
@end

NS_ASSUME_NONNULL_END

#endif
