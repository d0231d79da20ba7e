/* SPDX-License-Identifier: MIT */
/* Binary archives, of which Tongs makes none. */
#ifndef METAL_MTLBINARYARCHIVE_H
#define METAL_MTLBINARYARCHIVE_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;
@protocol MTLLibrary;
@class MTLComputePipelineDescriptor;
@class MTLFunctionDescriptor;
@class MTLRenderPipelineDescriptor;
@class MTLTileRenderPipelineDescriptor;

MTL_EXTERN NSString *const MTLBinaryArchiveDomain;

typedef MTL_ENUM(NSUInteger, MTLBinaryArchiveError){
	MTLBinaryArchiveErrorNone = 0,
	MTLBinaryArchiveErrorInvalidFile = 1,
	MTLBinaryArchiveErrorUnexpectedElement = 2,
	MTLBinaryArchiveErrorCompilationFailure = 3,
	MTLBinaryArchiveErrorInternalError = 4,
};

@interface MTLBinaryArchiveDescriptor : TongsObject <NSCopying>
@property(nonatomic, copy) NSURL *MTL_NULLABLE url;
@end

@protocol MTLBinaryArchive <NSObject>
@property(copy) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
- (BOOL)addComputePipelineFunctionsWithDescriptor:(MTLComputePipelineDescriptor *)descriptor error:(NSError **)error;
- (BOOL)addRenderPipelineFunctionsWithDescriptor:(MTLRenderPipelineDescriptor *)descriptor error:(NSError **)error;
- (BOOL)addTileRenderPipelineFunctionsWithDescriptor:(MTLTileRenderPipelineDescriptor *)descriptor
					       error:(NSError **)error;
- (BOOL)serializeToURL:(NSURL *)url error:(NSError **)error;
- (BOOL)addFunctionWithDescriptor:(MTLFunctionDescriptor *)descriptor
			  library:(id<MTLLibrary>)library
			    error:(NSError **)error;
@end

NS_ASSUME_NONNULL_END

#endif
