/* SPDX-License-Identifier: MIT */
/* What clang's analyzer must know of cmocka, put in front of each test by scripts/lint.sh: an assertion that does not
 * hold ends the test. */
#ifndef TONGS_TESTS_ANALYZER_H
#define TONGS_TESTS_ANALYZER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

__attribute__((noreturn)) void analyzer_stop(void);

#undef assert_true
#define assert_true(condition) ((condition) ? (void)0 : analyzer_stop())
#undef assert_false
#define assert_false(condition) assert_true(!(condition))
#undef assert_non_null
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#undef assert_null
#define assert_null(pointer) assert_true((pointer) == NULL)
#undef assert_int_equal
#define assert_int_equal(a, b) assert_true((a) == (b))
#undef assert_int_not_equal
#define assert_int_not_equal(a, b) assert_true((a) != (b))
#undef assert_ptr_equal
#define assert_ptr_equal(a, b) assert_true((const void *)(a) == (const void *)(b))
#undef fail_msg
#define fail_msg(...) analyzer_stop()
#undef fail
#define fail() analyzer_stop()
#undef skip
#define skip() analyzer_stop()

#endif
