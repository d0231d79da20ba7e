/* SPDX-License-Identifier: MIT */
/* The part of Foundation that the Metal headers require: GNUstep's Foundation if its headers are found, else minimal
 * declarations.
 *
 * Without Foundation there is no autorelease pool, and `autorelease` does nothing: release the objects that
 * MTLTextureDescriptor's convenience constructors return. Strings that Tongs returns are valid until the thread has
 * received 256 more of them, or ends; retain and release a string to keep it longer. */
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

/* The types of objects that Tongs returns; do not send messages to these classes. A label may be any object that has
 * UTF8String or cString, constant strings @"…" included (cast them to `id`). */
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

/* The root class of all objects of Tongs. Do not subclass it. */
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
