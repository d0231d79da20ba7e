/* SPDX-License-Identifier: MIT */
/* Messages from C, through libobjc's own interface; and the beginning of a test that checks what is reported. */
#ifndef TESTS_OBJC_SENDS_H
#define TESTS_OBJC_SENDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "libobjc.h"
#include "messages.h"

#define FUNCTION(type, receiver, selector) ((type)(void (*)(void))objc_msg_lookup(receiver, selector))

static inline id send(id receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return FUNCTION(id(*)(id, SEL), receiver, selector)(receiver, selector);
}

static inline id send1(id receiver, const char *name, const void *argument) {
	SEL selector = sel_registerName(name);
	return FUNCTION(id(*)(id, SEL, const void *), receiver, selector)(receiver, selector, argument);
}

static inline NSUInteger get(id receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return FUNCTION(NSUInteger(*)(id, SEL), receiver, selector)(receiver, selector);
}

static inline void set(id receiver, const char *name, NSUInteger value) {
	SEL selector = sel_registerName(name);
	FUNCTION(void (*)(id, SEL, NSUInteger), receiver, selector)(receiver, selector, value);
}

static inline id class_named(const char *name) {
	id class = (id)objc_lookUpClass(name);
	assert_non_null(class);
	return class;
}

id MTLCreateSystemDefaultDevice(void);

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)
#define DEVICE_TEST(name) cmocka_unit_test_setup(name, hear_messages_of_a_device)

#endif
