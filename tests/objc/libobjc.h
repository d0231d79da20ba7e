/* SPDX-License-Identifier: MIT */
/* The functions of libobjc that tests call; libobjc2 has some of them in other headers and by other names. */
#ifndef TESTS_OBJC_LIBOBJC_H
#define TESTS_OBJC_LIBOBJC_H

#include <objc/runtime.h>
/* libobjc2's headers do not include what they need. */
#include <objc/message.h>
#ifdef TONGS_OBJC_GNUSTEP
#include <objc/encoding.h>
#define sel_registerTypedName sel_registerTypedName_np
#define sel_getTypeEncoding sel_getType_np
#endif

#endif
