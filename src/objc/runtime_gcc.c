/* SPDX-License-Identifier: MIT */
/* GCC's libobjc, which has no weak references and no function that makes a protocol. */
#include "objc/runtime_calls.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "objc/other_runtime.h"
#include "objc/send.h"

bool tongs_runtime_init(void) {
	return tongs_other_runtime_check((void (*)(void))objc_msg_lookup, (void (*)(void))sel_getTypeEncoding);
}

void tongs_runtime_prepare_root(Class class) {
	class_addIvar(class, "isa", sizeof(Class), __builtin_ctz(_Alignof(Class)), "#");
}

/* libobjc exports this function without declaring it. class_addMethod would leak a copy of each name. */
struct method_list {
	struct method_list *next;
	int count;
	struct {
		const char *name; /* replaced by the selector */
		const char *types;
		IMP function;
	} methods[];
};
void class_add_method_list(Class class, struct method_list *list);

void tongs_runtime_add_methods(Class class, const struct tongs_objc_method *methods) {
	int count = 0;
	while (methods && methods[count].selector)
		count++;
	if (!count)
		return;
	struct method_list *list = objc_malloc(sizeof(*list) + (size_t)count * sizeof(list->methods[0]));
	list->next = NULL;
	list->count = count;
	for (int i = 0; i < count; i++) {
		list->methods[i].name = methods[i].selector;
		list->methods[i].types = methods[i].types;
		list->methods[i].function = (IMP)methods[i].function;
	}
	class_add_method_list(class, list);
}

/* A protocol object as compilers lay it out for libobjc. They disagree about what marks one. */
struct protocol {
	Class isa; /* a small number until the runtime has seen it, which never happens to some */
	const char *name;
	const struct protocol_list *protocols; /* may be NULL, like all below */
	const void *instance_methods;
	const void *class_methods;
};

struct protocol_list {
	const struct protocol_list *next;
	size_t count;
	const struct protocol *protocols[];
};

static struct protocol own_protocols[64]; /* up to the first without a name */

Protocol *tongs_runtime_get_protocol(const char *name) {
	Protocol *found = objc_getProtocol(name);
	if (found)
		return found;
	size_t i = 0;
	while (own_protocols[i].name && strcmp(own_protocols[i].name, name) != 0)
		i++;
	assert(i + 1 < sizeof(own_protocols) / sizeof(own_protocols[0]));
	own_protocols[i].isa = objc_lookUpClass("Protocol");
	own_protocols[i].name = name;
	return (Protocol *)&own_protocols[i];
}

static bool includes(const struct protocol *protocol, const char *name) {
	if (strcmp(protocol->name, name) == 0)
		return true;
	for (const struct protocol_list *list = protocol->protocols; list; list = list->next)
		for (size_t i = 0; i < list->count; i++)
			if (includes(list->protocols[i], name))
				return true;
	return false;
}

static bool adopts(Class class, const char *name) {
	Protocol **adopted = class_copyProtocolList(class, NULL);
	bool found = false;
	for (Protocol **p = adopted; p && *p && !found; p++)
		found = includes((const struct protocol *)*p, name);
	free(adopted);
	return found;
}

bool tongs_runtime_conforms_to(Class class, const Protocol *protocol) {
	if (!protocol)
		return false;
	for (; class; class = class_getSuperclass(class))
		if (adopts(class, ((const struct protocol *)protocol)->name))
			return true;
	return false;
}

const char *tongs_runtime_get_types(SEL selector) {
	return sel_getTypeEncoding(selector);
}

/* Foundation's forwarding, if it is loaded, knows our objects, too. */
void tongs_runtime_set_forward(IMP (*forward)(id receiver, SEL selector)) {
	if (!__objc_msg_forward && !__objc_msg_forward2)
		__objc_msg_forward2 = forward;
}

bool tongs_runtime_autorelease(id object) {
	Class pool = objc_lookUpClass("NSAutoreleasePool");
	if (pool)
		tongs_send1((id)pool, "addObject:", object);
	return pool;
}

void *tongs_runtime_push_pool(void) {
	Class pool = objc_lookUpClass("NSAutoreleasePool");
	return pool ? tongs_send(tongs_send((id)pool, "alloc"), "init") : NULL;
}

void tongs_runtime_pop_pool(void *pool) {
	if (pool)
		tongs_send(pool, "release");
}

void tongs_runtime_end_object(id object) {
	(void)object;
}
