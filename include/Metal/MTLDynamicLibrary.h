/* SPDX-License-Identifier: MIT */
/* Dynamic libraries, of which Tongs makes none. */
#ifndef METAL_MTLDYNAMICLIBRARY_H
#define METAL_MTLDYNAMICLIBRARY_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;

MTL_EXTERN NSString *const MTLDynamicLibraryDomain;

typedef MTL_ENUM(NSUInteger, MTLDynamicLibraryError){
	MTLDynamicLibraryErrorNone = 0,
	MTLDynamicLibraryErrorInvalidFile = 1,
	MTLDynamicLibraryErrorCompilationFailure = 2,
	MTLDynamicLibraryErrorUnresolvedInstallName = 3,
	MTLDynamicLibraryErrorDependencyLoadFailure = 4,
	MTLDynamicLibraryErrorUnsupported = 5,
};

@protocol MTLDynamicLibrary <NSObject>
@property(copy) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
@property(readonly) NSString *MTL_NULLABLE installName;
- (BOOL)serializeToURL:(NSURL *)url error:(NSError **)error;
@end

NS_ASSUME_NONNULL_END

#endif
