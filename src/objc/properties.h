/* SPDX-License-Identifier: MIT */
/* Descriptors that only keep what is set in them: see properties.inc. */
#ifndef TONGS_OBJC_PROPERTIES_H
#define TONGS_OBJC_PROPERTIES_H

#include <stdbool.h>

#include <objc/objc.h>

/* Registers their classes. Called while the library is loaded. */
void tongs_properties_create_classes(Class root);

/* A new descriptor with the defaults, which the caller releases. nil, with an error logged, when memory runs out. */
id tongs_properties_new(const char *class_name);
/* An MTLArchitecture, which the caller does not release. nil when memory runs out. */
id tongs_properties_new_architecture(id name);

/* False, with an error logged that begins with `method`, for anything but a live descriptor of the class: nil, garbage,
 * another object. */
bool tongs_properties_check(const void *object, const char *class_name, SEL method);

#endif
