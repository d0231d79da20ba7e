/* SPDX-License-Identifier: MIT */
/* IOSurface: pages with planes of pixels, an ID, and a count of changes. */
#ifndef TONGS_METAL_SURFACE_H
#define TONGS_METAL_SURFACE_H

#include "memory/payload.h"
#include "metal/object.h"
#include "metal/surface_share.h"
#include "metal/surface_values.h"

struct tongs_surface {
	struct tongs_object object;
	struct tongs_surface_info info; /* without defaults; zeroed as long as `payload` is NULL */
	struct tongs_payload *payload;  /* host pages, a reference; at least alloc_size */
	uint32_t id;                    /* 0: none yet */
	/* Written under a lock of surface.c: */
	uint32_t read_locks, locks; /* held */
	_Atomic uint32_t seed;      /* of a surface that no other process has, or had first */
	_Atomic int32_t use_count;
	_Atomic(struct tongs_surface_share *) share; /* set once; NULL: no other process has the surface */
	struct tongs_surface_values values;
};

/* A surface without properties, memory or ID. NULL, with an error logged, when memory runs out. */
struct tongs_surface *tongs_surface_alloc(void);
/* Gives it these, once. `payload` NULL: new pages, which other processes can get if they are `shareable`. False, with
 * an error logged that begins with `what`, on failure. */
bool tongs_surface_init(struct tongs_surface *surface, const struct tongs_surface_info *info,
	struct tongs_payload *payload, bool shareable, const char *what);
/* A surface that another process has, too: over its bytes, with its seed. Takes over `share` on success. NULL, with an
 * error logged that begins with `what`, on failure. */
struct tongs_surface *tongs_surface_new_with_share(const struct tongs_surface_info *info, struct tongs_payload *payload,
	struct tongs_surface_share *share, const char *what);
/* What other processes get beside the bytes, borrowed; created at the first call. NULL with errno. */
const struct tongs_surface_share *tongs_surface_get_share(struct tongs_surface *surface);

#endif
