/* SPDX-License-Identifier: MIT */
/* Protocols by name: libobjc has no call that makes one, and compilers disagree about what marks one. */
#ifndef TONGS_OBJC_PROTOCOL_H
#define TONGS_OBJC_PROTOCOL_H

#include <stdbool.h>

#include <objc/runtime.h>

/* The protocol that the program brought, or else one of our own; never NULL for those of our classes. */
Protocol *tongs_objc_protocol_get(const char *name);

/* Whether `class` or one of its superclasses adopts a protocol of the same name. False for NULL. */
bool tongs_objc_protocol_is_adopted(Class class, const Protocol *protocol);

#endif
