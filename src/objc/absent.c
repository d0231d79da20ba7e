/* SPDX-License-Identifier: MIT */
/* What Tongs does not have. */
#include "objc/absent.h"

#include <string.h>

#include "objc/block.h"
#include "objc/error.h"
#include "util/log.h"

/* The codes are those of <Metal/MTLLibrary.h> and the like: Unsupported where there is one, else Internal. */
const struct tongs_objc_reason
	tongs_no_shaders = {"Tongs has no shaders", "MTLLibraryErrorDomain", 1},
	tongs_no_dynamic_libraries = {"Tongs has no shaders, and so no dynamic libraries of them",
		"MTLDynamicLibraryDomain", 5},
	tongs_no_binary_archives = {"Tongs has no shaders, and so no binary archives of them", "MTLBinaryArchiveDomain",
		4},
	tongs_no_counters = {"Tongs has no counters", "MTLCounterErrorDomain", 2},
	tongs_no_io = {"Tongs does not load files: read them into the contents of a buffer", "MTLIOErrorDomain", 2};

/* Of methods that have no NSError to give. */
const struct tongs_objc_reason tongs_no_ray_tracing = {.text = "Tongs has no ray tracing"},
			       tongs_no_rasterization_rates = {.text = "Tongs has no rasterization rate maps"},
			       tongs_no_sparse = {.text = "Tongs has no sparse textures"},
			       tongs_no_peers = {.text = "devices have no peers: copy the contents"},
			       tongs_no_drawables = {.text = "Tongs has no drawables"};

BOOL tongs_answer_no(id self, SEL _cmd) {
	return NO;
}

uint64_t tongs_answer_0(id self, SEL _cmd) {
	return 0;
}

id tongs_answer_nil(id self, SEL _cmd) {
	return nil;
}

void tongs_answer_nothing(id self, SEL _cmd) {
}

MTLSize tongs_answer_no_size(id self, SEL _cmd) {
	return (MTLSize){0, 0, 0};
}

MTLSizeAndAlign tongs_answer_no_size_and_align(id self, SEL _cmd) {
	return (MTLSizeAndAlign){0, 0};
}

MTLResourceID tongs_answer_no_resource_id(id self, SEL _cmd) {
	return (MTLResourceID){0};
}

/* That of any class: a selector refuses everywhere for the same reason. */
static const struct tongs_objc_reason *find_reason(const char *selector) {
	for (const struct tongs_objc_class *class = tongs_objc_class_get_first(); class; class = class->next) {
		const struct tongs_objc_method *method;
		for (size_t i = 0; (method = tongs_objc_class_get_methods(class, i)); i++)
			for (; method->selector; method++)
				if (method->reason && strcmp(method->selector, selector) == 0)
					return method->reason;
	}
	return &tongs_no_shaders;
}

static const struct tongs_objc_reason *report(SEL selector) {
	const struct tongs_objc_reason *reason = find_reason(sel_getName(selector));
	tongs_log_error("%s %s", sel_getName(selector), reason->text);
	return reason;
}

id tongs_refuse(id self, SEL _cmd) {
	report(_cmd);
	return nil;
}

static id refuse_error(SEL selector, id *error) {
	const struct tongs_objc_reason *reason = report(selector);
	if (error)
		*error = tongs_error_new(reason->domain, reason->code, reason->text);
	return nil;
}

id tongs_refuse_error2(id self, SEL _cmd, uintptr_t first, id *error) {
	return refuse_error(_cmd, error);
}

id tongs_refuse_error3(id self, SEL _cmd, uintptr_t first, uintptr_t second, id *error) {
	return refuse_error(_cmd, error);
}

id tongs_refuse_error4(id self, SEL _cmd, uintptr_t first, uintptr_t second, uintptr_t third, id *error) {
	return refuse_error(_cmd, error);
}

static id refuse_handler(SEL selector, void *handler) {
	id error = nil;
	refuse_error(selector, &error);
	if (handler)
		((void (*)(void *, id, id))tongs_block_get_function(handler))(handler, nil, error);
	return nil;
}

id tongs_refuse_handler2(id self, SEL _cmd, uintptr_t first, void *handler) {
	return refuse_handler(_cmd, handler);
}

id tongs_refuse_handler3(id self, SEL _cmd, uintptr_t first, uintptr_t second, void *handler) {
	return refuse_handler(_cmd, handler);
}

id tongs_refuse_reflection_handler3(id self, SEL _cmd, uintptr_t first, uintptr_t second, void *handler) {
	id error = nil;
	refuse_error(_cmd, &error);
	if (handler)
		((void (*)(void *, id, id, id))tongs_block_get_function(handler))(handler, nil, nil, error);
	return nil;
}
