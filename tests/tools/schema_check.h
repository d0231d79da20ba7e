/* SPDX-License-Identifier: MIT */
/* Comparing JSON with the tools' schemas. */
#ifndef TESTS_TONGS_SCHEMA_CHECK_H
#define TESTS_TONGS_SCHEMA_CHECK_H

/* Fails the test, with what is wrong, unless `json` is as the schema, a file in tools/tongs, says. `reason` not NULL:
 * unless it is not, for a reason that has this text in it. */
void schema_assert(const char *json, const char *schema, const char *reason);

#endif
