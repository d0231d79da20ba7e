/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OBJC_LIBOBJC2_HOOKS_H
#define TESTS_OBJC_LIBOBJC2_HOOKS_H

extern IMP (*__objc_msg_forward2)(id receiver, SEL selector);
extern id (*_objc_weak_load)(id object);
struct objc_slot2;
extern IMP (*_objc_selector_type_mismatch2)(Class cls, SEL selector, struct objc_slot2 *result);

#endif
