/* SPDX-License-Identifier: MIT */
/* Libraries of shaders, of which Tongs makes none. */
#ifndef METAL_MTLLIBRARY_H
#define METAL_MTLLIBRARY_H

#import <Metal/MTLArgument.h>
#import <Metal/MTLFunctionConstantValues.h>
#import <Metal/MTLFunctionDescriptor.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLArgumentEncoder;
@protocol MTLDevice;
@protocol MTLFunction;

typedef MTL_ENUM(NSUInteger, MTLPatchType){
	MTLPatchTypeNone = 0,
	MTLPatchTypeTriangle = 1,
	MTLPatchTypeQuad = 2,
};

typedef MTL_ENUM(NSUInteger, MTLFunctionType){
	MTLFunctionTypeVertex = 1,
	MTLFunctionTypeFragment = 2,
	MTLFunctionTypeKernel = 3,
	MTLFunctionTypeVisible = 5,
	MTLFunctionTypeIntersection = 6,
	MTLFunctionTypeMesh = 7,
	MTLFunctionTypeObject = 8,
};

typedef MTL_ENUM(NSUInteger, MTLLanguageVersion){
	MTLLanguageVersion1_0 = 65536,
	MTLLanguageVersion1_1 = 65537,
	MTLLanguageVersion1_2 = 65538,
	MTLLanguageVersion2_0 = 131072,
	MTLLanguageVersion2_1 = 131073,
	MTLLanguageVersion2_2 = 131074,
	MTLLanguageVersion2_3 = 131075,
	MTLLanguageVersion2_4 = 131076,
	MTLLanguageVersion3_0 = 196608,
	MTLLanguageVersion3_1 = 196609,
};

typedef MTL_ENUM(NSInteger, MTLLibraryType){
	MTLLibraryTypeExecutable = 0,
	MTLLibraryTypeDynamic = 1,
};

typedef MTL_ENUM(NSInteger, MTLLibraryOptimizationLevel){
	MTLLibraryOptimizationLevelDefault = 0,
	MTLLibraryOptimizationLevelSize = 1,
};

typedef MTL_ENUM(NSInteger, MTLCompileSymbolVisibility){
	MTLCompileSymbolVisibilityDefault = 0,
	MTLCompileSymbolVisibilityHidden = 1,
};

MTL_EXTERN NSString *const MTLLibraryErrorDomain;

typedef MTL_ENUM(NSUInteger, MTLLibraryError){
	MTLLibraryErrorUnsupported = 1,
	MTLLibraryErrorInternal = 2,
	MTLLibraryErrorCompileFailure = 3,
	MTLLibraryErrorCompileWarning = 4,
	MTLLibraryErrorFunctionNotFound = 5,
	MTLLibraryErrorFileNotFound = 6,
};

#ifdef __BLOCKS__
typedef void (^TongsFunctionHandler)(id<MTLFunction> function, NSError *error);
#else
typedef id TongsFunctionHandler; /* a block from another compiler */
#endif

@interface MTLCompileOptions : TongsObject <NSCopying>
@property(nonatomic, copy) NSDictionary *MTL_NULLABLE preprocessorMacros;
@property(nonatomic) BOOL fastMathEnabled;               /* default YES */
@property(nonatomic) MTLLanguageVersion languageVersion; /* default 3_1 */
@property(nonatomic) MTLLibraryType libraryType;
@property(nonatomic, copy) NSString *MTL_NULLABLE installName;
@property(nonatomic, copy) NSArray *MTL_NULLABLE libraries;
@property(nonatomic) BOOL preserveInvariance;
@property(nonatomic) MTLLibraryOptimizationLevel optimizationLevel;
@property(nonatomic) MTLCompileSymbolVisibility compileSymbolVisibility;
@property(nonatomic) BOOL allowReferencingUndefinedSymbols;
@property(nonatomic) NSUInteger maxTotalThreadsPerThreadgroup;
@end

@protocol MTLFunction <NSObject>
@property(copy) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
@property(readonly) MTLFunctionType functionType;
@property(readonly) MTLPatchType patchType;
@property(readonly) NSInteger patchControlPointCount;
@property(readonly) NSArray *MTL_NULLABLE vertexAttributes;
@property(readonly) NSArray *MTL_NULLABLE stageInputAttributes;
@property(readonly) NSString *name;
@property(readonly) NSDictionary *functionConstantsDictionary;
- (id<MTLArgumentEncoder> MTL_NULLABLE)newArgumentEncoderWithBufferIndex:(NSUInteger)bufferIndex;
- (id<MTLArgumentEncoder> MTL_NULLABLE)
	newArgumentEncoderWithBufferIndex:(NSUInteger)bufferIndex
			       reflection:(MTLAutoreleasedArgument MTL_NULLABLE *MTL_NULLABLE)reflection;
@property(readonly) MTLFunctionOptions options;
@end

@protocol MTLLibrary <NSObject>
@property(copy) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
- (id<MTLFunction> MTL_NULLABLE)newFunctionWithName:(NSString *)functionName;
- (id<MTLFunction> MTL_NULLABLE)newFunctionWithName:(NSString *)name
				     constantValues:(MTLFunctionConstantValues *)constantValues
					      error:(NSError **)error;
- (void)newFunctionWithName:(NSString *)name
	     constantValues:(MTLFunctionConstantValues *)constantValues
	  completionHandler:(TongsFunctionHandler)completionHandler;
- (void)newFunctionWithDescriptor:(MTLFunctionDescriptor *)descriptor
		completionHandler:(TongsFunctionHandler)completionHandler;
- (id<MTLFunction> MTL_NULLABLE)newFunctionWithDescriptor:(MTLFunctionDescriptor *)descriptor error:(NSError **)error;
- (void)newIntersectionFunctionWithDescriptor:(MTLIntersectionFunctionDescriptor *)descriptor
			    completionHandler:(TongsFunctionHandler)completionHandler;
- (id<MTLFunction> MTL_NULLABLE)newIntersectionFunctionWithDescriptor:(MTLIntersectionFunctionDescriptor *)descriptor
								error:(NSError **)error;
@property(readonly) NSArray *functionNames;
@property(readonly) MTLLibraryType type;
@property(readonly) NSString *MTL_NULLABLE installName;
@end

NS_ASSUME_NONNULL_END

#endif
