/* SPDX-License-Identifier: MIT */
/* Strings that the compiler lays out as CoreFoundation's: clang's __builtin___CFStringMakeConstantString, with which
 * metal-cpp's MTLSTR and CFSTR make literals. Their class is a symbol, so it is compiled as Objective-C's compilers
 * would: libobjc's own functions make classes where they like. It is an NSString where the program has Foundation. */
#define _GNU_SOURCE /* RTLD_DEFAULT; NOLINT(bugprone-reserved-identifier) */
#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "objc/class.h"
#include "objc/send.h"
#include "objc/string.h"

enum { FLAGS_UTF16 = 0x7d0 }; /* else ASCII */

struct literal {
	Class isa;
	int flags;
	const void *text;
	long length; /* characters, or UTF-16 units */
};

static NSUInteger length(const struct literal *self, SEL _cmd) {
	return (NSUInteger)self->length;
}

static uint16_t characterAtIndex(const struct literal *self, SEL _cmd, NSUInteger index) {
	if (index >= (NSUInteger)self->length)
		return 0;
	return self->flags == FLAGS_UTF16 ? ((const uint16_t *)self->text)[index]
					  : ((const unsigned char *)self->text)[index];
}

static id itself(id self, SEL _cmd) {
	return self;
}

static void release(id self, SEL _cmd) {
}

static NSUInteger retainCount(id self, SEL _cmd) {
	return LONG_MAX;
}

/* One character in UTF-8, of at most four bytes. Returns how many it has. */
static unsigned encode(char *to, uint32_t code) {
	const unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
	to[0] = (char)(first[more] | code >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		to[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
	return more + 1;
}

/* The character that begins at `*index`, which moves on. */
static uint32_t take(const struct literal *self, NSUInteger *index) {
	const uint16_t unit = characterAtIndex(self, NULL, (*index)++), next = characterAtIndex(self, NULL, *index);
	if (unit < 0xd800 || unit > 0xdbff || next < 0xdc00 || next > 0xdfff)
		return unit;
	++*index;
	return 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (next - 0xdc00);
}

/* ASCII is returned as it is; other text is that of a string which lives as long as any that Tongs returns. */
static const char *UTF8String(const struct literal *self, SEL _cmd) {
	if (self->flags != FLAGS_UTF16)
		return self->text;
	char *text = malloc(3 * (size_t)self->length + 1);
	if (!text)
		return NULL;
	size_t size = 0;
	for (NSUInteger i = 0; i < (NSUInteger)self->length;)
		size += encode(text + size, take(self, &i));
	text[size] = '\0';
	id string = tongs_string_new(text);
	free(text);
	return string ? tongs_send_chars(string, "UTF8String") : NULL;
}

/* As a TongsString. */
static NSUInteger hash(const struct literal *self, SEL _cmd) {
	const char *text = UTF8String(self, NULL);
	id string = tongs_string_new(text);
	SEL selector = sel_registerName("hash");
	return TONGS_IMP(NSUInteger(*)(id, SEL), string, selector)(string, selector);
}

static BOOL isEqual(const struct literal *self, SEL _cmd, id other) {
	if ((id)self == other)
		return YES;
	if (!other || class_isMetaClass(object_getClass(other)) || !tongs_responds(other, "UTF8String"))
		return NO;
	const char *text = UTF8String(self, NULL), *other_text = tongs_send_chars(other, "UTF8String");
	return text && other_text && strcmp(text, other_text) == 0;
}

/* What follows has the layout that compilers use for this runtime. */
enum { METHOD_COUNT = 13 };

struct method_list {
	struct method_list *next;
	int count;
	struct {
		const char *name; /* replaced by the selector */
		const char *types;
		void (*function)(void);
	} methods[METHOD_COUNT];
};

struct class {
	const void *isa;   /* of a metaclass: the name of the root class */
	const char *super; /* its name */
	const char *name;
	long version;
	unsigned long info; /* 1: a class; 2: a metaclass */
	long instance_size;
	void *ivars;
	struct method_list *methods;
	void *dispatch_table, *subclasses, *sibling, *protocols, *collector;
};

struct symbols {
	unsigned long selector_count;
	void *selectors;
	unsigned short class_count, category_count;
	void *classes[2]; /* up to a NULL */
};

struct module {
	unsigned long version, size;
	const char *name;
	struct symbols *symbols;
};

void __objc_exec_class(struct module *module); /* NOLINT(bugprone-reserved-identifier) */

#define ROW(name, function, types) \
	{ name, types, (void (*)(void))function }
static struct method_list methods = {
	.count = METHOD_COUNT,
	.methods =
		{
			ROW("length", length, "Q@:"),
			ROW("characterAtIndex:", characterAtIndex, "S@:Q"),
			ROW("UTF8String", UTF8String, "r*@:"),
			ROW("retain", itself, "@@:"),
			ROW("autorelease", itself, "@@:"),
			ROW("copyWithZone:", itself, "@@:^{_NSZone=}"),
			ROW("release", release, "Vv@:"),
			ROW("retainCount", retainCount, "Q@:"),
			ROW("cString", UTF8String, "r*@:"),
			ROW("description", itself, "@@:"),
			ROW("hash", hash, "Q@:"),
			ROW("isEqual:", isEqual, "C@:@"),
			ROW("isEqualToString:", isEqual, "C@:@"),
		},
};

static const char name[] = "TongsLiteral";
static struct class metaclass = {.name = name, .info = 2, .instance_size = sizeof(struct class)};
/* NOLINTBEGIN(bugprone-reserved-identifier) */
TONGS_API extern struct class __CFConstantStringClassReference;
struct class __CFConstantStringClassReference = {
	.isa = &metaclass,
	.name = name,
	.info = 1,
	.instance_size = sizeof(struct literal),
	.methods = &methods,
};
/* NOLINTEND(bugprone-reserved-identifier) */

static struct symbols symbols = {.class_count = 1, .classes = {&__CFConstantStringClassReference}};
static struct module module = {8, sizeof(module), "", &symbols};

/* Foundation may be loaded and not yet initialized: then the runtime waits for the superclass. */
__attribute__((constructor)) static void register_class(void) {
	const bool foundation = dlsym(RTLD_DEFAULT, "__objc_class_name_NSString");
	__CFConstantStringClassReference.super = metaclass.super = foundation ? "NSString" : "TongsObject";
	metaclass.isa = foundation ? "NSObject" : "TongsObject";
	__objc_exec_class(&module);
}
