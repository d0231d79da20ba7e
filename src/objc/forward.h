/* SPDX-License-Identifier: MIT */
/* What happens to a message that its receiver does not know. */
#ifndef TONGS_OBJC_FORWARD_H
#define TONGS_OBJC_FORWARD_H

#include <objc/objc.h>

/* Of a zombie, tells that. Of others, raises NSInvalidArgumentException where Foundation is loaded; else tells it in a
 * message and returns. */
void tongs_objc_forward_refuse(id receiver, SEL selector);

/* The method `forward::`, to which libobjc turns when it has no receiver to ask about. */
void *tongs_objc_forward_builtin(id receiver, SEL cmd, SEL selector, void *arguments);

/* A method that refuses its message and returns 0 as a result of the encoding `types`; NULL: an object. */
IMP tongs_objc_forward_zero(const char *types);

/* Makes unknown messages to our objects return zero; others' and Foundation's forwarding stay as they are. */
void tongs_objc_forward_install(void);

#endif
