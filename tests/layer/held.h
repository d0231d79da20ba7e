/* SPDX-License-Identifier: MIT */
/* Files, mappings and memory of the process, as the kernel counts them. */
#ifndef TONGS_TESTS_LAYER_HELD_H
#define TONGS_TESTS_LAYER_HELD_H

#include <stdbool.h>
#include <stddef.h>

size_t held_files(void);
size_t held_mappings(void);
size_t held_rss(void); /* bytes */
size_t held_address_space(void);

/* Sanitizers keep freed memory in a quarantine, and have many mappings of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool held_rss_counts = false;
#else
static const bool held_rss_counts = true;
#endif

#endif
