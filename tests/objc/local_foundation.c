/* SPDX-License-Identifier: MIT */
/* A Foundation that the program has loaded for itself alone, as hosts of plug-ins and Python do: an NSError has its
 * description there, too. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libobjc.h"
#include "messages.h"

id MTLCreateSystemDefaultDevice(void);

#define FUNCTION(type, receiver, selector) ((type)(void (*)(void))objc_msg_lookup(receiver, selector))

static id send(id receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return FUNCTION(id(*)(id, SEL), receiver, selector)(receiver, selector);
}

static const char *get_text(id string) {
	return string ? (const char *)send(string, "UTF8String") : "nil";
}

int main(void) {
	hear_messages(NULL);
	if (!dlopen("libgnustep-base.so", RTLD_NOW | RTLD_LOCAL)) {
		printf("%s\n", dlerror());
		return 2;
	}
	id pool = send(send((id)objc_lookUpClass("NSAutoreleasePool"), "alloc"), "init");
	id device = MTLCreateSystemDefaultDevice(), error = NULL;
	SEL selector = sel_registerName("newLibraryWithFile:error:");
	FUNCTION(id(*)(id, SEL, id, id *), device, selector)(device, selector, NULL, &error);
	const char *text = get_text(send(error, "localizedDescription"));
	const int result = pool && strcmp(text, "Tongs has no shaders") == 0 ? 0 : 1;
	printf("1..1\n%s 1 - an error says: %s\n", result ? "not ok" : "ok", text);
	fflush(stdout);
	_exit(result); /* GNUstep loses a block when a dictionary is first made, which LeakSanitizer would count */
}
