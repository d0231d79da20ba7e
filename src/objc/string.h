/* SPDX-License-Identifier: MIT */
/* C strings as Objective-C strings: NSString where Foundation is loaded, else TongsString. */
#ifndef TONGS_OBJC_STRING_H
#define TONGS_OBJC_STRING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <objc/objc.h>
#include <tongs/metal_types.h>

#include "metal/label.h"
#include "objc/class.h"
#include "util/export.h"

/* How many further strings a thread must receive before a TongsString is freed that nobody retained. */
enum { TONGS_STRING_RING_SIZE = 256 };

/* A string that the caller does not release: an autoreleased NSString, or a TongsString that the calling thread keeps
 * for a while. nil for NULL, and when memory runs out. */
TONGS_INTEROP id tongs_string_new(const char *text);

/* The same for a label. */
id tongs_string_new_label(const struct tongs_label *label);

/* The same for a printf-like format. */
id tongs_string_new_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The UTF-8 text of any string object, valid as long as that (or its autorelease pool) lives. NULL for nil; NULL, with
 * an error logged, for an object that is not a string. */
const char *tongs_string_get_text(id string);

/* A TongsString, which begins as compilers lay out constant strings: clang for libobjc2 otherwise than for GCC's. */
struct tongs_string {
	Class isa;
#ifdef TONGS_OBJC_GNUSTEP
	uint32_t flags;  /* 0: ASCII; those above the low 16 bits are Foundation's */
	uint32_t length; /* UTF-16 units, as NSString counts */
	uint32_t size;   /* bytes */
	uint32_t foundation_hash;
	const char *text;
#else
	const char *text;
	unsigned length; /* UTF-16 units, as NSString counts */
#endif
	atomic_bool in_ring; /* then one release too many does no harm */
	atomic_size_t refs;  /* of the program, and of a thread's ring */
	NSUInteger hash;
};

/* A constant: a string in static storage, of a literal in ASCII, which is never freed. At its first message, or when it
 * is settled, it becomes what the program's own constant strings are: an NSConstantString if Foundation is loaded. Else
 * it becomes a TongsString, and remains one. */
#ifdef TONGS_OBJC_GNUSTEP
#define TONGS_STRING_CONSTANT(literal) \
	{ .text = (literal), .length = sizeof(literal) - 1, .size = sizeof(literal) - 1, .refs = SIZE_MAX / 2 }
#else
#define TONGS_STRING_CONSTANT(literal) \
	{ .text = (literal), .length = sizeof(literal) - 1, .refs = SIZE_MAX / 2 }
#endif
/* Makes it an object, while the library is loaded. */
void tongs_string_init_constant(struct tongs_string *string);
/* False, with nothing done, if `object` is not a constant that was not yet settled. */
bool tongs_string_settle(id object);
/* Whether it is settled as a TongsString. */
bool tongs_string_is_own(const struct tongs_string *string);

/* Creates the class of constants that are not settled, after that of TongsStrings, which inherits `root_methods`. */
void tongs_string_create_constant_class(const struct tongs_objc_method *root_methods);

#endif
