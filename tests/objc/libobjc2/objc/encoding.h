/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OBJC_LIBOBJC2_ENCODING_H
#define TESTS_OBJC_LIBOBJC2_ENCODING_H

size_t objc_sizeof_type(const char *types);
const char *objc_skip_type_qualifiers(const char *types);

#endif
