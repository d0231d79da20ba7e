/* SPDX-License-Identifier: MIT */
/* A strict, streaming JSON parser: checks validity and visits keys and values. */
#ifndef TESTS_TONGS_JSON_CHECK_H
#define TESTS_TONGS_JSON_CHECK_H

#include <stdbool.h>

/* Called for every value inside an object: its path, such as "devices.rows.handleType" (arrays add nothing), and its
 * text as written; for objects and arrays, "{" and "[". */
typedef void (*json_visitor)(const char *path, const char *value, void *user);

/* False if `text` is anything but one JSON value. `visitor` may be NULL. */
bool json_check(const char *text, json_visitor visitor, void *user);

#endif
