/* SPDX-License-Identifier: MIT */
/* What function of a library is wanted. */
#ifndef METAL_MTLFUNCTIONDESCRIPTOR_H
#define METAL_MTLFUNCTIONDESCRIPTOR_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@class MTLFunctionConstantValues;

typedef MTL_OPTIONS(NSUInteger, MTLFunctionOptions){
	MTLFunctionOptionNone = 0,
	MTLFunctionOptionCompileToBinary = 1,
	MTLFunctionOptionStoreFunctionInMetalScript = 2,
};

@interface MTLFunctionDescriptor : TongsObject <NSCopying>
+ (MTLFunctionDescriptor *)functionDescriptor;
@property(nonatomic, copy) NSString *name;
@property(nonatomic, copy) NSString *MTL_NULLABLE specializedName;
@property(nonatomic, copy) MTLFunctionConstantValues *MTL_NULLABLE constantValues;
@property(nonatomic) MTLFunctionOptions options;
@property(nonatomic, copy) NSArray *MTL_NULLABLE binaryArchives;
@end

@interface MTLIntersectionFunctionDescriptor : MTLFunctionDescriptor

@end

NS_ASSUME_NONNULL_END

#endif
