/* SPDX-License-Identifier: MIT */
/* The part of Foundation that the Metal headers require: GNUstep's Foundation if its headers are found, else minimal
 * declarations.
 *
 * Without Foundation, GCC's runtime has no autorelease pool, and `autorelease` does nothing: release the objects that
 * MTLTextureDescriptor's convenience constructors return. libobjc2 has @autoreleasepool. On both, strings that Tongs
 * returns are valid until the thread has received 256 more of them, or ends; retain and release a string to keep it
 * longer. */
#ifndef METAL_MTLFOUNDATION_H
#define METAL_MTLFOUNDATION_H

#ifndef __OBJC__
#error "<Metal/Metal.h> is Objective-C. C and C++ programs include <tongs/metal.h>."
#endif

#include <objc/objc.h>
#include <tongs/metal_types.h>

#import <Metal/MTLDefines.h>

NS_ASSUME_NONNULL_BEGIN

#if !__has_include(<Foundation/Foundation.h>)

typedef struct _NSZone NSZone;

typedef struct _NSRange {
	NSUInteger location;
	NSUInteger length;
} NSRange;

static inline NSRange NSMakeRange(NSUInteger location, NSUInteger length) {
	NSRange range = {location, length};
	return range;
}

typedef struct {
	unsigned long state;
	MTL_UNRETAINED id MTL_NULLABLE *MTL_NULLABLE itemsPtr;
	unsigned long *MTL_NULLABLE mutationsPtr;
	unsigned long extra[5];
} NSFastEnumerationState;

/* Of Foundation; without it, they are only names. */
@class NSBundle;
@class NSData;
@class NSDictionary;
@class NSSet;
@class NSString;
@class NSURL;

@protocol NSObject
- (Class)class;
- (Class MTL_NULLABLE)superclass;
- (id)self;
- (BOOL)isEqual:(id MTL_NULLABLE)object;
- (NSUInteger)hash;
- (BOOL)isKindOfClass:(Class)aClass;
- (BOOL)isMemberOfClass:(Class)aClass;
- (BOOL)conformsToProtocol:(Protocol *)protocol;
- (BOOL)respondsToSelector:(SEL)selector;
- (id MTL_NULLABLE)performSelector:(SEL)selector;
- (id MTL_NULLABLE)performSelector:(SEL)selector withObject:(id MTL_NULLABLE)object;
- (id MTL_NULLABLE)performSelector:(SEL)selector
			withObject:(id MTL_NULLABLE)object1
			withObject:(id MTL_NULLABLE)object2;
- (BOOL)isProxy;
- (id)retain;
- (oneway void)release;
- (id)autorelease;
- (NSUInteger)retainCount;
- (NSZone *MTL_NULLABLE)zone; /* NULL */
- (NSString *)description;
@end

@protocol NSCopying
- (id)copyWithZone:(NSZone *MTL_NULLABLE)zone;
@end

@protocol NSFastEnumeration
- (NSUInteger)countByEnumeratingWithState:(NSFastEnumerationState *)state
				  objects:(MTL_UNRETAINED id MTL_NULLABLE *MTL_NONNULL)buffer
				    count:(NSUInteger)length;
@end

/* The types of objects that Tongs returns; do not send messages to these classes. A label may be any object that has
 * UTF8String or cString, constant strings @"…" included (cast them to `id`). */
MTL_ROOT_CLASS
@interface NSString <NSObject>
- (NSUInteger)length;
- (unsigned short)characterAtIndex:(NSUInteger)index;
- (const char *MTL_NULLABLE)UTF8String;
- (BOOL)isEqualToString:(NSString *)string;
@end

/* clang-format takes the parameter of the class for a protocol. */
/* clang-format off */
MTL_ROOT_CLASS
@interface NSArray MTL_OF(__covariant ObjectType) <NSObject, NSFastEnumeration>
- (NSUInteger)count;
- (MTL_OBJECT_TYPE)objectAtIndex:(NSUInteger)index;
- (MTL_OBJECT_TYPE)objectAtIndexedSubscript:(NSUInteger)index;
- (MTL_OBJECT_TYPE MTL_NULLABLE)firstObject;
- (MTL_OBJECT_TYPE MTL_NULLABLE)lastObject;
@end
/* clang-format on */

MTL_ROOT_CLASS
@interface NSError <NSObject, NSCopying>
- (NSString *)domain;
- (long)code;
- (id MTL_NULLABLE)userInfo; /* nil */
- (NSString *)localizedDescription;
- (NSString *MTL_NULLABLE)localizedFailureReason;                      /* nil */
- (NSString *MTL_NULLABLE)localizedRecoverySuggestion;                 /* nil */
- (NSArray MTL_OF(NSString *) * MTL_NULLABLE)localizedRecoveryOptions; /* nil */
- (id)copy;
@end

#endif

/* The root class of all objects of Tongs. Do not subclass it. */
MTL_ROOT_CLASS
@interface TongsObject <NSObject>
+ (id)alloc;
+ (id)allocWithZone:(NSZone *MTL_NULLABLE)zone;
+ (id)new;
- (id)init;
- (id)copy;
- (NSString *)debugDescription;
@end

NS_ASSUME_NONNULL_END

#endif
