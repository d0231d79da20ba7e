/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OBJC_LIBOBJC2_MESSAGE_H
#define TESTS_OBJC_LIBOBJC2_MESSAGE_H

IMP objc_msg_lookup(id receiver, SEL selector);

#endif
