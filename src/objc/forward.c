/* SPDX-License-Identifier: MIT */
/* Unknown selectors. libobjc's own forwarding returns a struct of 64 bytes whatever the caller expects, and leaves
 * values on the x87 stack. So there is a plain C function for each kind of result, which returns it as the ABI says. */
#include "objc/forward.h"

#include <stdio.h>

#include "metal/object.h"
#include "objc/class.h"
#include "objc/send.h"
#include "objc/string.h"
#include "util/log.h"

static void describe(id receiver, SEL selector, char *text, size_t size) {
	bool is_class = class_isMetaClass(object_getClass(receiver));
	snprintf(text, size, "%c[%s %s]: unrecognized selector sent to %s %p", is_class ? '+' : '-',
		object_getClassName(receiver), sel_getName(selector), is_class ? "class" : "instance",
		(void *)receiver);
}

static void raise(Class exception, const char *reason) {
	SEL make = sel_registerName("exceptionWithName:reason:userInfo:");
	id raised = TONGS_IMP(id(*)(id, SEL, id, id, id), (id)exception, make)(
		(id)exception, make, tongs_string_new("NSInvalidArgumentException"), tongs_string_new(reason), nil);
	tongs_send(raised, "raise");
}

void tongs_objc_forward_refuse(id receiver, SEL selector) {
	char text[512];
	if (!tongs_objc_class_is_ours(receiver))
		return;
	if (tongs_object_report_zombie((const struct tongs_object *)receiver, sel_getName(selector)))
		return;
	describe(receiver, selector, text, sizeof(text));
	Class exception = objc_lookUpClass("NSException");
	if (exception)
		raise(exception, text);
	else
		tongs_log_error("%s: Tongs does not have this method, and returns 0", text);
}

static double zero_double(id receiver, SEL selector) {
	tongs_objc_forward_refuse(receiver, selector);
	return 0;
}

static long double zero_long_double(id receiver, SEL selector) {
	tongs_objc_forward_refuse(receiver, selector);
	return 0;
}

struct words {
	uintptr_t word[2];
};

static struct words zero_words(id receiver, SEL selector) {
	tongs_objc_forward_refuse(receiver, selector);
	return (struct words){{0, 0}};
}

struct doubles {
	double value[2];
};

static struct doubles zero_doubles(id receiver, SEL selector) {
	tongs_objc_forward_refuse(receiver, selector);
	return (struct doubles){{0, 0}};
}

#define ZERO_STRUCT(size) \
	struct zero_##size { \
		char bytes[size]; \
	}; \
	static struct zero_##size zero_struct_##size(id receiver, SEL selector) { \
		tongs_objc_forward_refuse(receiver, selector); \
		return (struct zero_##size){{0}}; \
	}
ZERO_STRUCT(17)
ZERO_STRUCT(24)
ZERO_STRUCT(32)
ZERO_STRUCT(40)
ZERO_STRUCT(48)
ZERO_STRUCT(56)
ZERO_STRUCT(64)
ZERO_STRUCT(96)
ZERO_STRUCT(128)

/* Of a selector without types it is not known whether it returns a struct in memory. If it does, objc_msgSend_stret
 * passes the struct's address first, and the receiver is where the selector would be. */
static void *zero_word(id receiver, SEL selector, SEL third) {
#ifdef __x86_64__
	if (tongs_handle_kind(selector) != TONGS_KIND_NONE) {
		*(struct zero_17 *)receiver = zero_struct_17((id)selector, third);
		return receiver;
	}
#endif
	tongs_objc_forward_refuse(receiver, selector);
	return NULL;
}

#define ROW(size) \
	{ size, (void (*)(void))zero_struct_##size }
static const struct {
	int size;
	void (*function)(void);
} zero_structs[] = {
	ROW(128),
	ROW(96),
	ROW(64),
	ROW(56),
	ROW(48),
	ROW(40),
	ROW(32),
	ROW(24),
	ROW(17),
};

/* Structs and unions of up to two words are returned in registers, chosen by the type of the first member. For larger
 * ones, the size of the largest row that fits is zeroed. */
static IMP zero_aggregate(const char *types) {
	int size = objc_sizeof_type(types);
	if (size <= (int)sizeof(struct words)) {
		const char *member = types;
		while (*member && !(*member == '=' && member[1] != '{' && member[1] != '('))
			member++;
		if (*member && (member[1] == 'f' || member[1] == 'd'))
			return (IMP)(void (*)(void))zero_doubles;
		return (IMP)(void (*)(void))zero_words;
	}
	size_t i = 0;
	while (zero_structs[i].size > size)
		i++;
	return (IMP)zero_structs[i].function;
}

IMP tongs_objc_forward_zero(const char *types) {
	types = types ? objc_skip_type_qualifiers(types) : "@";
	switch (*types) {
	case '{':
	case '(':
		return zero_aggregate(types);
	case 'f':
	case 'd':
		return (IMP)(void (*)(void))zero_double;
	case 'D':
		return (IMP)(void (*)(void))zero_long_double;
	default:
		return (IMP)(void (*)(void))zero_word;
	}
}

/* nil, which only libobjc2 passes, stands for a receiver that is not known yet. */
static IMP forward(id receiver, SEL selector) {
	if (receiver && tongs_string_settle(receiver))
		return objc_msg_lookup(receiver, selector);
	if (receiver && !tongs_objc_class_is_ours(receiver))
		return NULL;
	return tongs_objc_forward_zero(tongs_runtime_get_types(selector));
}

void tongs_objc_forward_install(void) {
	tongs_runtime_set_forward(forward);
}

void *tongs_objc_forward_builtin(id receiver, SEL cmd, SEL selector, void *arguments) {
	/* libobjc returns the registers that these blocks contain. The first is the address of a large struct. */
	static const uintptr_t zero[64];
	static const uintptr_t *const zero_struct[64] = {zero};
	const char *types = tongs_runtime_get_types(selector);
	tongs_objc_forward_refuse(receiver, selector);
	if (types && (*types == 'f' || *types == 'd'))
		return (void *)zero;
	if (types && (*types == '{' || *types == '(') && objc_sizeof_type(types) > (int)sizeof(struct words))
		return (void *)zero_struct;
	return NULL;
}
