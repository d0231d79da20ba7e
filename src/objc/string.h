/* SPDX-License-Identifier: MIT */
/* C strings as Objective-C strings: NSString where Foundation is loaded, else TongsString. */
#ifndef TONGS_OBJC_STRING_H
#define TONGS_OBJC_STRING_H

#include <objc/objc.h>

#include "metal/label.h"

/* How many further strings a thread must receive before a TongsString is freed that nobody retained. */
enum { TONGS_STRING_RING_SIZE = 256 };

/* A string that the caller does not release: an autoreleased NSString, or a TongsString that the calling thread keeps
 * for a while. nil for NULL, and when memory runs out. */
id tongs_string_new(const char *text);

/* The same for a label. */
id tongs_string_new_label(const struct tongs_label *label);

/* The same for a printf-like format. */
id tongs_string_new_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The UTF-8 text of any string object, valid as long as that (or its autorelease pool) lives. NULL for nil; NULL, with
 * an error logged, for an object that is not a string. */
const char *tongs_string_get_text(id string);

#endif
