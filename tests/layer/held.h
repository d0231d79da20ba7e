/* SPDX-License-Identifier: MIT */
/* What the process holds, as the kernel counts it. */
#ifndef TONGS_TESTS_LAYER_HELD_H
#define TONGS_TESTS_LAYER_HELD_H

#include <stdbool.h>
#include <stddef.h>

size_t held_files(void);
size_t held_mappings(void);
size_t held_rss(void); /* bytes */
size_t held_address_space(void);

/* Under a sanitizer freed memory waits in a quarantine, or leaves its shadow behind; and its mappings are many. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool held_rss_counts = false;
#else
static const bool held_rss_counts = true;
#endif

#endif
