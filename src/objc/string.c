/* SPDX-License-Identifier: MIT */
/* TongsString: what getters return where there is no autorelease pool. Each thread has a ring of the last strings that
 * it received, which keeps them alive for a while. */
#include "objc/string.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "metal/object.h"
#include "objc/send.h"
#include "objc/tables.h"
#include "util/alloc.h"
#include "util/log.h"

/* A new string replaces the oldest one. */
struct ring {
	unsigned next;
	struct tongs_string *strings[TONGS_STRING_RING_SIZE];
};

static pthread_once_t ring_once = PTHREAD_ONCE_INIT;
static pthread_key_t ring_key;
static bool have_key;

static void destroy(struct tongs_string *string) {
	tongs_runtime_end_object((id)string);
	tongs_free(NULL, string);
}

static void unref(struct tongs_string *string) {
	if (string && atomic_fetch_sub_explicit(&string->refs, 1, memory_order_acq_rel) == 1)
		destroy(string);
}

static void leave_ring(struct tongs_string *string) {
	if (string)
		atomic_store(&string->in_ring, false);
	unref(string);
}

static void free_ring(void *value) {
	struct ring *ring = value;
	for (size_t i = 0; i < TONGS_STRING_RING_SIZE; i++)
		leave_ring(ring->strings[i]);
	tongs_free(NULL, ring);
}

static void make_key(void) {
	have_key = pthread_key_create(&ring_key, free_ring) == 0;
}

/* NULL when memory runs out. */
static struct ring *get_ring(void) {
	pthread_once(&ring_once, make_key);
	struct ring *ring = have_key ? pthread_getspecific(ring_key) : NULL;
	if (ring || !have_key)
		return ring;
	ring = tongs_malloc(1, sizeof(*ring));
	if (ring && pthread_setspecific(ring_key, ring) != 0) {
		tongs_free(NULL, ring);
		ring = NULL;
	}
	return ring;
}

/* Takes the caller's reference. */
static void put_in_ring(struct ring *ring, struct tongs_string *string) {
	leave_ring(ring->strings[ring->next]);
	atomic_store(&string->in_ring, true);
	ring->strings[ring->next] = string;
	ring->next = (ring->next + 1) % TONGS_STRING_RING_SIZE;
}

static NSUInteger hash_text(const char *text) {
	NSUInteger hash = 5381;
	for (; *text; text++)
		hash = hash * 33 + (unsigned char)*text;
	return hash;
}

/* Decodes one character of UTF-8 and advances `text`; an invalid byte is a character of its own. */
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

static struct tongs_string *create(const char *text) {
	size_t size = strlen(text) + 1;
	struct tongs_string *string = tongs_malloc(1, sizeof(*string) + size);
	if (!string)
		return NULL;
	string->isa = tongs_objc_string.class;
	atomic_init(&string->refs, 1);
	string->hash = hash_text(text);
	string->length = (unsigned)count_units(text);
	string->text = memcpy(string + 1, text, size);
	return string;
}

/* Text that is not UTF-8 is read as Latin 1, in which every byte is a character. */
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
	struct ring *ring = get_ring();
	struct tongs_string *string = ring ? create(text) : NULL;
	if (string)
		put_in_ring(ring, string);
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
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 does not see va_start */
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
	tongs_log_error("an object of class %s is not a string: it has neither UTF8String nor cString",
		object_getClassName(string));
	return NULL;
}

static id itself(id self, SEL _cmd) {
	return self;
}

static id retain(struct tongs_string *self, SEL _cmd) {
	return tongs_refs_take(&self->refs) ? (id)self : nil;
}

static void release(struct tongs_string *self, SEL _cmd) {
	size_t refs = atomic_load(&self->refs);
	/* The ring's own reference is not the program's to release. */
	while (!(refs == 1 && atomic_load(&self->in_ring)) && refs > 0) {
		if (!atomic_compare_exchange_weak(&self->refs, &refs, refs - 1))
			continue;
		if (refs == 1)
			destroy(self);
		return;
	}
}

/* Into Foundation's pool, if Foundation has been loaded since; else into the ring of this thread, unless it is in one.
 */
static id autorelease(struct tongs_string *self, SEL _cmd) {
	struct ring *ring = objc_lookUpClass("NSAutoreleasePool") ? NULL : get_ring();
	if (!ring) {
		tongs_runtime_autorelease((id)self);
		return (id)self;
	}
	if (!atomic_load(&self->in_ring))
		put_in_ring(ring, self);
	else
		release(self, _cmd);
	/* The ring still has a reference. */
	return (id)self; /* NOLINT(clang-analyzer-unix.Malloc) */
}

static NSUInteger retainCount(struct tongs_string *self, SEL _cmd) {
	return atomic_load_explicit(&self->refs, memory_order_relaxed);
}

static const char *UTF8String(struct tongs_string *self, SEL _cmd) {
	return self->text;
}

static NSUInteger length(struct tongs_string *self, SEL _cmd) {
	return self->length;
}

static NSUInteger hash(struct tongs_string *self, SEL _cmd) {
	return self->hash;
}

static uint16_t characterAtIndex(struct tongs_string *self, SEL _cmd, NSUInteger index) {
	const unsigned char *c = (const unsigned char *)self->text;
	for (NSUInteger i = 0; *c; i++) {
		uint32_t code = decode(&c);
		bool pair = code > 0xffff;
		if (i == index)
			return (uint16_t)(pair ? 0xd800 + ((code - 0x10000) >> 10) : code);
		if (pair && ++i == index)
			return (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff));
	}
	tongs_log_error("characterAtIndex: %lu is beyond the end of a string of %lu", (unsigned long)index,
		(unsigned long)self->length);
	return 0;
}

static BOOL isEqual(struct tongs_string *self, SEL _cmd, id other) {
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
	METHOD("autorelease", autorelease, "@@:"),
	METHOD("retainCount", retainCount, "Q@:"),
	METHOD("copyWithZone:", retain, "@@:^{_NSZone=}"),
	METHOD("description", itself, "@@:"),
	METHOD("hash", hash, "Q@:"),
	METHOD("isEqual:", isEqual, "C@:@"),
	METHOD("isEqualToString:", isEqual, "C@:@"),
	METHOD("UTF8String", UTF8String, "r*@:"),
	METHOD("cString", UTF8String, "r*@:"),
	METHOD("length", length, "Q@:"),
	METHOD("characterAtIndex:", characterAtIndex, "S@:Q"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_string = {
	.name = "TongsString",
	.methods = methods,
	.protocols = {"NSCopying"},
};

static struct tongs_objc_class constant = {.name = "TongsConstantString"};

void tongs_string_init_constant(struct tongs_string *string) {
	string->hash = hash_text(string->text);
	string->isa = constant.class;
	if (objc_lookUpClass("NSConstantString"))
		tongs_string_settle((id)string);
}

/* Threads that do this at once store the same class. */
bool tongs_string_settle(id object) {
	if (tongs_runtime_is_small(object) || __atomic_load_n((Class *)object, __ATOMIC_RELAXED) != constant.class)
		return false;
	Class foundation = objc_lookUpClass("NSConstantString");
	__atomic_store_n(&((struct tongs_string *)object)->isa, foundation ? foundation : tongs_objc_string.class,
		__ATOMIC_RELAXED);
	return true;
}

bool tongs_string_is_own(const struct tongs_string *string) {
	return __atomic_load_n(&string->isa, __ATOMIC_RELAXED) == tongs_objc_string.class;
}

/* A method of constants: none has an argument or a result that is not a word. */
static void *settle_and_send(id self, SEL _cmd, void *first, void *second, void *third) {
	tongs_string_settle(self);
	return TONGS_IMP(void *(*)(id, SEL, void *, void *, void *), self, _cmd)(self, _cmd, first, second, third);
}

static void add_methods(const struct tongs_objc_method *table) {
	for (; table->selector; table++) {
		const struct tongs_objc_method one[] = {
			METHOD(table->selector, settle_and_send, table->types), METHODS_END};
		tongs_runtime_add_methods(constant.class, one);
	}
}

void tongs_string_create_constant_class(const struct tongs_objc_method *root_methods) {
	tongs_objc_class_create(&constant, tongs_objc_string.class);
	add_methods(root_methods);
	add_methods(tongs_objc_string.methods);
}
