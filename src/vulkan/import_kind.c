/* SPDX-License-Identifier: MIT */
/* The registered kinds of imports. */
#include "vulkan/import_kind.h"

#include <assert.h>
#include <stddef.h>

enum { MAX_KINDS = 4 };

static const struct tongs_import_kind *kinds[MAX_KINDS]; /* constant from main on */
static unsigned kind_count;

void tongs_import_add_kind(const struct tongs_import_kind *kind) {
	assert(kind_count < MAX_KINDS);
	kinds[kind_count++] = kind;
}

const struct tongs_import_kind *tongs_import_get_kind(unsigned index) {
	return index < kind_count ? kinds[index] : NULL;
}
