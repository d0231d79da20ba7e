/* SPDX-License-Identifier: MIT */
/* TongsString: immortal strings, one for each text, so that a getter may return one where there is no autorelease. */
#include "metal/objc/string.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fork.h"
#include "base/log.h"
#include "metal/objc/class.h"
#include "metal/objc/send.h"

struct string {
	Class isa;
	struct string *next; /* of the same bucket */
	NSUInteger hash;
	NSUInteger length; /* UTF-16 units, as NSString counts */
	char text[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct string *buckets[256]; /* guarded by lock; what is in it never changes */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_STRINGS, NULL);

static NSUInteger hash_text(const char *text) {
	NSUInteger hash = 5381;
	for (; *text; text++)
		hash = hash * 33 + (unsigned char)*text;
	return hash;
}

/* Decodes one character of UTF-8 and moves past it; a byte that begins none stands for itself. */
static uint32_t decode(const unsigned char **text) {
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *c = *text;
	unsigned more = *c >= 0xf0 && *c < 0xf8 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;
	uint32_t code = *c & (more ? 0x3fu >> more : 0xffu);
	for (unsigned i = 1; i <= more; i++) {
		if ((c[i] & 0xc0) != 0x80) {
			*text = c + 1;
			return *c;
		}
		code = code << 6 | (c[i] & 0x3f);
	}
	if (*c >= 0xf8 || code < least[more] || code > 0x10ffff) {
		*text = c + 1;
		return *c;
	}
	*text = c + more + 1;
	return code;
}

static NSUInteger count_units(const char *text) {
	NSUInteger count = 0;
	for (const unsigned char *c = (const unsigned char *)text; *c;)
		count += decode(&c) > 0xffff ? 2 : 1;
	return count;
}

static struct string *find_locked(const char *text, NSUInteger hash) {
	struct string *string = buckets[hash % 256];
	while (string && (string->hash != hash || strcmp(string->text, text) != 0))
		string = string->next;
	return string;
}

static struct string *add_locked(const char *text, NSUInteger hash) {
	size_t size = strlen(text) + 1;
	struct string *string = tongs_malloc(1, sizeof(*string) + size);
	if (!string)
		return NULL;
	string->isa = tongs_objc_class_get(&tongs_objc_string);
	string->hash = hash;
	string->length = count_units(text);
	memcpy(string->text, text, size);
	string->next = buckets[hash % 256];
	buckets[hash % 256] = string;
	return string;
}

/* What is not UTF-8 is read as Latin 1, of which every byte is a character. */
static id new_foundation(Class foundation, const char *text) {
	const NSUInteger latin1 = 5;
	SEL selector = sel_registerName("stringWithCString:encoding:");
	id string = tongs_send1((id)foundation, "stringWithUTF8String:", text);
	if (string)
		return string;
	return TONGS_IMP(id(*)(id, SEL, const char *, NSUInteger), (id)foundation, selector)(
		(id)foundation, selector, text, latin1);
}

id tongs_string_new(const char *text) {
	if (!text)
		return nil;
	Class foundation = objc_lookUpClass("NSString");
	if (foundation)
		return new_foundation(foundation, text);
	NSUInteger hash = hash_text(text);
	pthread_mutex_lock(&lock);
	struct string *string = find_locked(text, hash);
	if (!string)
		string = add_locked(text, hash);
	pthread_mutex_unlock(&lock);
	return (id)string;
}

id tongs_string_new_label(const struct tongs_label *label) {
	char *text = tongs_label_copy(label);
	id string = tongs_string_new(text);
	tongs_free(NULL, text);
	return string;
}

id tongs_string_new_format(const char *format, ...) {
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 forgets va_start */
	int length = vsnprintf(NULL, 0, format, arguments);
	char *text = length < 0 ? NULL : tongs_malloc(1, (size_t)length + 1);
	id string = nil;
	if (text) {
		vsnprintf(text, (size_t)length + 1, format, again);
		string = tongs_string_new(text);
	}
	va_end(again);
	va_end(arguments);
	tongs_free(NULL, text);
	return string;
}

const char *tongs_string_get_text(id string) {
	static const char *const getters[] = {"UTF8String", "cString"};
	if (!string)
		return NULL;
	for (size_t i = 0; i < sizeof(getters) / sizeof(getters[0]); i++)
		if (tongs_responds(string, getters[i]))
			return tongs_send_chars(string, getters[i]);
	tongs_log_error("an object of class %s was given for a string: it has neither UTF8String nor cString",
		object_getClassName(string));
	return NULL;
}

static id retain(id self, SEL _cmd) {
	return self;
}

static void release(id self, SEL _cmd) {
}

static NSUInteger retainCount(id self, SEL _cmd) {
	return UINTPTR_MAX;
}

static const char *UTF8String(struct string *self, SEL _cmd) {
	return self->text;
}

static NSUInteger length(struct string *self, SEL _cmd) {
	return self->length;
}

static NSUInteger hash(struct string *self, SEL _cmd) {
	return self->hash;
}

static uint16_t characterAtIndex(struct string *self, SEL _cmd, NSUInteger index) {
	const unsigned char *c = (const unsigned char *)self->text;
	for (NSUInteger i = 0; *c; i++) {
		uint32_t code = decode(&c);
		bool pair = code > 0xffff;
		if (i == index)
			return (uint16_t)(pair ? 0xd800 + ((code - 0x10000) >> 10) : code);
		if (pair && ++i == index)
			return (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff));
	}
	tongs_log_error("characterAtIndex: %lu of a string of %lu", (unsigned long)index, (unsigned long)self->length);
	return 0;
}

static BOOL isEqual(struct string *self, SEL _cmd, id other) {
	if ((id)self == other)
		return YES;
	if (!other || class_isMetaClass(object_getClass(other)))
		return NO;
	if (!tongs_responds(other, "UTF8String") && !tongs_responds(other, "cString"))
		return NO;
	const char *text = tongs_string_get_text(other);
	return text && strcmp(self->text, text) == 0;
}

static const struct tongs_objc_method methods[] = {
	METHOD("retain", retain, "@@:"),
	METHOD("release", release, "Vv@:"),
	METHOD("autorelease", retain, "@@:"),
	METHOD("retainCount", retainCount, "Q@:"),
	METHOD("copyWithZone:", retain, "@@:^{_NSZone=}"),
	METHOD("description", retain, "@@:"),
	METHOD("hash", hash, "Q@:"),
	METHOD("isEqual:", isEqual, "C@:@"),
	METHOD("isEqualToString:", isEqual, "C@:@"),
	METHOD("UTF8String", UTF8String, "r*@:"),
	METHOD("cString", UTF8String, "r*@:"),
	METHOD("length", length, "Q@:"),
	METHOD("characterAtIndex:", characterAtIndex, "S@:Q"),
	METHODS_END,
};

const struct tongs_objc_class tongs_objc_string = {
	.name = "TongsString",
	.super = &tongs_objc_root,
	.methods = methods,
	.protocols = {"NSCopying"},
};
