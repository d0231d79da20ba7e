/* SPDX-License-Identifier: MIT */
/* Texts as Objective-C strings: Foundation's where it is loaded, else TongsString. */
#ifndef TONGS_OBJC_STRING_H
#define TONGS_OBJC_STRING_H

#include <objc/objc.h>

#include "metal/label.h"

/* How many a thread is given before the first of them goes, unless somebody has retained it. */
enum { TONGS_STRINGS_KEPT = 256 };

/* An NSString that its autorelease pool holds, or a TongsString that the calling thread keeps for a while: in either
 * case the receiver need not release it. nil for NULL, and when memory runs out. */
id tongs_string_new(const char *text);

/* The same of the text of a label. */
id tongs_string_new_label(const struct tongs_label *label);

/* The same from a printf-like format. */
id tongs_string_new_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The UTF-8 of any string object, borrowed for as long as it lives (or its pool); NULL for nil. For an object that is
 * no string an error is told, and NULL returned. */
const char *tongs_string_get_text(id string);

#endif
