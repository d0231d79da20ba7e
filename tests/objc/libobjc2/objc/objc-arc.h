/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OBJC_LIBOBJC2_OBJC_ARC_H
#define TESTS_OBJC_LIBOBJC2_OBJC_ARC_H

id objc_autorelease(id object);
void *objc_autoreleasePoolPush(void);
void objc_autoreleasePoolPop(void *pool);
BOOL objc_delete_weak_refs(id object);

#endif
