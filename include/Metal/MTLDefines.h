/* SPDX-License-Identifier: MIT */
/* The macros that declarations of Metal's kind are written with. A macro that Foundation or <Availability.h> has is
 * theirs; else each is what the compiler understands, and empty for one that does not. */
#ifndef METAL_MTLDEFINES_H
#define METAL_MTLDEFINES_H

#if defined(__OBJC__) && __has_include(<Foundation/Foundation.h>)
#import <Foundation/Foundation.h>
#endif
#if __has_include(<Availability.h>)
#include <Availability.h>
#endif
#if __has_include(<TargetConditionals.h>)
#include <TargetConditionals.h>
#endif

#ifdef __cplusplus
#define MTL_EXTERN extern "C"
#else
#define MTL_EXTERN extern
#endif

#ifdef __clang__

#define MTL_ROOT_CLASS __attribute__((objc_root_class))
/* The caller releases what the function returns: ARC must be told of functions, while it knows methods by their name.
 */
#define MTL_RETURNS_RETAINED __attribute__((ns_returns_retained))
/* May be nil, or NULL; or not, where the compiler does not assume that. */
#define MTL_NULLABLE _Nullable
#define MTL_NONNULL _Nonnull
/* Of a property, before its other attributes: set to nil it has its default again. */
#define MTL_NULL_RESETTABLE null_resettable,
/* A collection that says what it holds; in the declaration of one, its parameter. */
#define MTL_OF(...) <__VA_ARGS__>
#define MTL_OBJECT_TYPE ObjectType

/* What a pointer to an object variable points to, which ARC must be told. */
#if __has_feature(objc_arc)
#define MTL_UNRETAINED __unsafe_unretained
#define MTL_STRONG __strong
#else
#define MTL_UNRETAINED
#define MTL_STRONG
#endif

#else

#define MTL_ROOT_CLASS
#define MTL_RETURNS_RETAINED
#define MTL_NULLABLE
#define MTL_NONNULL
#define MTL_NULL_RESETTABLE
#define MTL_OF(...)
#define MTL_OBJECT_TYPE id
#define MTL_UNRETAINED
#define MTL_STRONG

#endif

#ifndef NS_RETURNS_RETAINED
#define NS_RETURNS_RETAINED MTL_RETURNS_RETAINED
#endif

#ifndef NS_ASSUME_NONNULL_BEGIN
#ifdef __clang__
#define NS_ASSUME_NONNULL_BEGIN _Pragma("clang assume_nonnull begin")
#define NS_ASSUME_NONNULL_END _Pragma("clang assume_nonnull end")
#else
#define NS_ASSUME_NONNULL_BEGIN
#define NS_ASSUME_NONNULL_END
#endif
#endif

/* Enumerations of programs. */
#ifndef NS_ENUM
#ifdef __clang__
#define NS_ENUM(type, name) \
	enum name : type name; \
	enum name : type
#elif defined(__cplusplus)
#define NS_ENUM(type, name) \
	type name; \
	enum : type
#else
#define NS_ENUM(type, name) \
	type name; \
	enum
#endif
#endif
#ifndef NS_OPTIONS
#ifdef __cplusplus
#define NS_OPTIONS(type, name) \
	type name; \
	enum : type
#else
#define NS_OPTIONS(type, name) NS_ENUM(type, name)
#endif
#endif

/* Versions of Apple's systems, which do not apply. */
#ifndef API_AVAILABLE
#define API_AVAILABLE(...)
#endif
#ifndef API_UNAVAILABLE
#define API_UNAVAILABLE(...)
#endif
#ifndef API_DEPRECATED
#define API_DEPRECATED(...)
#endif
#ifndef API_DEPRECATED_WITH_REPLACEMENT
#define API_DEPRECATED_WITH_REPLACEMENT(...)
#endif

#endif
