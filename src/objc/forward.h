/* SPDX-License-Identifier: MIT */
/* Messages for which the receiver has no method. */
#ifndef TONGS_OBJC_FORWARD_H
#define TONGS_OBJC_FORWARD_H

#include <objc/objc.h>

/* Reports a message to a zombie. For others of our objects, raises NSInvalidArgumentException where Foundation is
 * loaded; else logs an error. */
void tongs_objc_forward_refuse(id receiver, SEL selector);

/* The method `forward::`, which libobjc calls when no hook has an implementation. */
void *tongs_objc_forward_builtin(id receiver, SEL cmd, SEL selector, void *arguments);

/* A method that refuses its message and returns 0 as a result of type encoding `types`; NULL: an object. */
IMP tongs_objc_forward_zero(const char *types);

/* Hooks libobjc's forwarding for our objects; that of other objects, and that of Foundation, are unchanged. */
void tongs_objc_forward_install(void);

#endif
