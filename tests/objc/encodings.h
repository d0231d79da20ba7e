/* SPDX-License-Identifier: MIT */
/* Type encodings in a form that can be compared. */
#ifndef TESTS_OBJC_ENCODINGS_H
#define TESTS_OBJC_ENCODINGS_H

#include <string.h>

/* From the '=' of a struct to its '}'. */
static inline const char *skip_fields(const char *types) {
	for (int depth = 0; *types != '}' || depth > 0; types++)
		depth += *types == '{' ? 1 : *types == '}' ? -1 : 0;
	return types;
}

/* Without frame offsets, qualifiers, class names, and the ways in which compilers differ: `@?` for a block, and the
 * fields of a struct behind a pointer. */
static inline void normalize(const char *types, char *out) {
	const char *begin = out;
	for (; *types; types++)
		if (*types == '"')
			types = strchr(types + 1, '"');
		else if (*types == '=' && out - begin > 2 && strncmp(out - 3, "^{?", 3) == 0)
			types = skip_fields(types) - 1;
		else if (!strchr("0123456789rnNoORV?", *types) || (*types == '?' && types[-1] == '{'))
			*out++ = *types;
	*out = '\0';
}

#endif
