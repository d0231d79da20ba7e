/* SPDX-License-Identifier: MIT */
/* What the Metal headers need of Foundation: GNUstep's where its folder is searched, else the least that compiles.
 *
 * Without Foundation there is no autorelease pool, so `autorelease` does nothing: an object whose reference it should
 * have returned is the receiver's to release. Such are those of MTLTextureDescriptor's convenience constructors.
 * A string that Tongs returns then stays until the same thread has been given 256 more, or has ended: retain it to keep
 * it longer, and release that. */
#ifndef METAL_MTLFOUNDATION_H
#define METAL_MTLFOUNDATION_H

#ifndef __OBJC__
#error "<Metal/Metal.h> is Objective-C. C and C++ programs include <tongs/metal.h>."
#endif

#include <objc/objc.h>
#include <tongs/metal_types.h>

#ifdef __cplusplus
#define MTL_EXTERN extern "C"
#else
#define MTL_EXTERN extern
#endif

#ifdef __clang__
#define MTL_ROOT_CLASS __attribute__((objc_root_class))
#else
#define MTL_ROOT_CLASS
#endif

#if __has_include(<Foundation/Foundation.h>)
#import <Foundation/Foundation.h>
#else

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
	id *itemsPtr;
	unsigned long *mutationsPtr;
	unsigned long extra[5];
} NSFastEnumerationState;

@class NSString;

@protocol NSObject
- (Class)class;
- (Class)superclass;
- (id)self;
- (BOOL)isEqual:(id)object;
- (NSUInteger)hash;
- (BOOL)isKindOfClass:(Class)aClass;
- (BOOL)isMemberOfClass:(Class)aClass;
- (BOOL)conformsToProtocol:(Protocol *)protocol;
- (BOOL)respondsToSelector:(SEL)selector;
- (id)performSelector:(SEL)selector;
- (id)performSelector:(SEL)selector withObject:(id)object;
- (id)performSelector:(SEL)selector withObject:(id)object1 withObject:(id)object2;
- (BOOL)isProxy;
- (id)retain;
- (oneway void)release;
- (id)autorelease;
- (NSUInteger)retainCount;
- (NSZone *)zone;
- (NSString *)description;
@end

@protocol NSCopying
- (id)copyWithZone:(NSZone *)zone;
@end

@protocol NSFastEnumeration
- (NSUInteger)countByEnumeratingWithState:(NSFastEnumerationState *)state objects:(id *)buffer count:(NSUInteger)length;
@end

/* Names for the types of objects that Tongs returns; no such class can be messaged. A label may be any object with
 * UTF8String or cString, so a constant @"…" too (cast it to `id`). */
MTL_ROOT_CLASS
@interface NSString <NSObject>
- (NSUInteger)length;
- (unsigned short)characterAtIndex:(NSUInteger)index;
- (const char *)UTF8String;
- (BOOL)isEqualToString:(NSString *)string;
@end

MTL_ROOT_CLASS
@interface NSArray <NSObject, NSFastEnumeration>
- (NSUInteger)count;
- (id)objectAtIndex:(NSUInteger)index;
- (id)objectAtIndexedSubscript:(NSUInteger)index;
- (id)firstObject;
- (id)lastObject;
@end

#endif

/* The root class of everything that Tongs makes. Not to be subclassed by programs. */
MTL_ROOT_CLASS
@interface TongsObject <NSObject>
+ (id)alloc;
+ (id)allocWithZone:(NSZone *)zone;
+ (id)new;
- (id)init;
- (id)copy;
- (NSString *)debugDescription;
@end

#endif
