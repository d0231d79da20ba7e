/* SPDX-License-Identifier: MIT */
/* TongsError: what stands for NSError without Foundation. */
#define _GNU_SOURCE /* RTLD_DEFAULT; NOLINT(bugprone-reserved-identifier) */
#include "objc/error.h"

#include <dlfcn.h>
#include <string.h>

#include "objc/keep.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"

struct error {
	struct tongs_object object;
	const char *domain, *text;
	long code;
};

/* In the library of the class, which RTLD_DEFAULT does not find if a program has loaded it with RTLD_LOCAL. */
static const id *find_constant(Class class, const char *name) {
	Dl_info info;
	void *address;
	tongs_send((id) class, "class"); /* libobjc2 knows nothing of a class that has received no message */
	IMP method = class_getMethodImplementation(class, sel_registerName("domain"));
	memcpy(&address, &method, sizeof(address));
	void *library = dladdr(address, &info) ? dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : NULL;
	const id *found = library ? (const id *)dlsym(library, name) : NULL;
	if (library)
		dlclose(library);
	return found;
}

/* Foundations disagree about its text. */
static id get_description_key(Class class) {
	static const char name[] = "NSLocalizedDescriptionKey";
	const id *key = (const id *)dlsym(RTLD_DEFAULT, name);
	if (!key)
		key = find_constant(class, name);
	return key ? *key : tongs_string_new("NSLocalizedDescription");
}

/* With the text as its localized description. */
static id new_nserror(Class class, const char *domain, long code, const char *text) {
	SEL dictionary = sel_registerName("dictionaryWithObject:forKey:"),
	    make = sel_registerName("errorWithDomain:code:userInfo:");
	id dictionaries = (id)objc_lookUpClass("NSDictionary");
	id info = TONGS_IMP(id(*)(id, SEL, id, id), dictionaries, dictionary)(
		dictionaries, dictionary, tongs_string_new(text), get_description_key(class));
	return TONGS_IMP(id(*)(id, SEL, id, long, id), (id) class, make)(
		(id) class, make, tongs_string_new(domain), code, info);
}

id tongs_error_new(const char *domain, long code, const char *text) {
	Class class = objc_lookUpClass("NSError");
	if (class && objc_lookUpClass("NSDictionary"))
		return new_nserror(class, domain, code, text);
	struct error *error = (struct error *)tongs_object_create(TONGS_KIND_ERROR, sizeof(*error), tongs_object_free);
	if (!error)
		return nil;
	error->domain = domain;
	error->code = code;
	error->text = text;
	return tongs_keep(&error->object);
}

static id domain(struct error *self, SEL _cmd) {
	return tongs_string_new(self->domain);
}

static long code(struct error *self, SEL _cmd) {
	return self->code;
}

/* Of userInfo, and of what Foundation finds there. */
static id none(struct error *self, SEL _cmd) {
	return nil;
}

static id copyWithZone(struct error *self, SEL _cmd, void *zone) {
	return tongs_send((id)self, "retain");
}

static id localizedDescription(struct error *self, SEL _cmd) {
	return tongs_string_new(self->text);
}

static id description(struct error *self, SEL _cmd) {
	return tongs_string_new_format("Error Domain=%s Code=%ld \"%s\"", self->domain, self->code, self->text);
}

static const struct tongs_objc_method methods[] = {
	METHOD("domain", domain, "@@:"),
	METHOD("code", code, "q@:"),
	METHOD("userInfo", none, "@@:"),
	METHOD("localizedDescription", localizedDescription, "@@:"),
	METHOD("localizedFailureReason", none, "@@:"),
	METHOD("localizedRecoverySuggestion", none, "@@:"),
	METHOD("localizedRecoveryOptions", none, "@@:"),
	METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_error = {
	.name = "TongsError",
	.methods = methods,
	.protocols = {"NSCopying"},
};
