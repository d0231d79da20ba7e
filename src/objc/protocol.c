/* SPDX-License-Identifier: MIT */
/* Protocol objects, as compilers lay them out for libobjc. */
#include "objc/protocol.h"

#include <stdlib.h>
#include <string.h>

struct protocol_list;

struct protocol {
	Class isa; /* a small number until the runtime has seen it, which it never does with some */
	const char *name;
	const struct protocol_list *protocols; /* may be NULL, as all below */
	const void *instance_methods;
	const void *class_methods;
};

struct protocol_list {
	const struct protocol_list *next;
	size_t count;
	const struct protocol *protocols[];
};

static struct protocol own[] = {
	{.name = "NSObject"},
	{.name = "NSCopying"},
	{.name = "NSFastEnumeration"},
	{.name = "MTLDevice"},
	{.name = "MTLHeap"},
	{.name = "MTLResource"},
	{.name = "MTLBuffer"},
	{.name = "MTLTexture"},
};

Protocol *tongs_objc_protocol_get(const char *name) {
	Protocol *known = objc_getProtocol(name);
	if (known)
		return known;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(own[i].name, name) == 0) {
			own[i].isa = objc_lookUpClass("Protocol");
			return (Protocol *)&own[i];
		}
	}
	return NULL;
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

bool tongs_objc_protocol_is_adopted(Class class, const Protocol *protocol) {
	if (!protocol)
		return false;
	for (; class; class = class_getSuperclass(class))
		if (adopts(class, ((const struct protocol *)protocol)->name))
			return true;
	return false;
}
