/* SPDX-License-Identifier: MIT */
/* other_runtime LIBRARY TEXT: whether loading libtongs beside LIBRARY, which has the name of another Objective-C
 * runtime, reports TEXT, once. An empty TEXT: nothing. Where Tongs has no classes, no device may be had by the
 * functions of Objective-C: the first message to it would end the program. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int end(bool passed, const char *text) {
	printf("# %s\n1..1\n%s 1 - %s\n", text, passed ? "ok" : "not ok", "what is reported beside another runtime");
	return passed ? 0 : 1;
}

int main(int argc, char **argv) {
	char text[4096] = "";
	FILE *messages = tmpfile();
	if (argc != 3 || !messages || dup2(fileno(messages), STDERR_FILENO) < 0)
		return 2;
	void *other = *argv[1] ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
	void *tongs = dlopen(LIBTONGS, RTLD_NOW | RTLD_LOCAL);
	if ((*argv[1] && !other) || !tongs) {
		printf("%s\n", dlerror());
		return 2;
	}
	void *(*make)(void) = NULL, *(*copy_all)(void) = NULL;
	*(void **)&make = dlsym(tongs, "MTLCreateSystemDefaultDevice");
	*(void **)&copy_all = dlsym(tongs, "MTLCopyAllDevices");
	if (strstr(argv[2], "for C alone") && (!make || !copy_all || make() || copy_all()))
		return end(false, "there is a device");
	rewind(messages);
	text[fread(text, 1, sizeof(text) - 1, messages)] = '\0';
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' '; /* a second line is no comment of TAP */
	const char *found = strstr(text, argv[2]);
	return end(*argv[2] ? found && !strstr(found + 1, argv[2]) : !*text, text);
}
