/* SPDX-License-Identifier: MIT */
/* Counts broken rules, and fails the program at its end. */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mock.h"

static atomic_uint violations;

/* The driver is never unloaded, so this is the end of the process. */
static __attribute__((destructor)) void fail_program(void) {
	if (!violations)
		return;
	fflush(NULL);
	fprintf(stderr, "mock %s: %u violations\n", mock_profile->name, violations);
	_exit(MOCK_EXIT_STATUS);
}

static bool is_tolerated(const char *rule) {
	const char *part = getenv("TONGS_MOCK_TOLERATES");
	while (part && *part) {
		char name[64];
		size_t length = strcspn(part, ",");
		snprintf(name, sizeof(name), "%.*s", (int)length, part);
		if (*name && strstr(rule, name))
			return true;
		part += length + (part[length] == ',');
	}
	return false;
}

void mock_violation(const char *rule, const char *format, ...) {
	if (is_tolerated(rule))
		return;
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (violations++ < 100)
		fprintf(stderr, "mock %s: %s: %s\n", mock_profile->name, rule, text);
	if (getenv("TONGS_MOCK_ABORT"))
		abort();
}

void mock_check_chain(const char *command, const void *next, const VkStructureType *allowed) {
	for (const VkBaseInStructure *s = next; s; s = s->pNext) {
		const VkStructureType *type = allowed;
		while (*type && *type != s->sType)
			type++;
		if (!*type)
			mock_violation("pNext", "%s has a struct of type %d", command, (int)s->sType);
		for (const VkBaseInStructure *other = next; other != s; other = other->pNext)
			if (other->sType == s->sType)
				mock_violation("unique", "%s has two structs of type %d", command, (int)s->sType);
	}
}
