/* SPDX-License-Identifier: MIT */
/* Functions of methods for what Tongs does not have: each fits many selectors. */
#ifndef TONGS_OBJC_ABSENT_H
#define TONGS_OBJC_ABSENT_H

#include <stdint.h>

#include "objc/class.h"

/* Why methods refuse. */
extern const struct tongs_objc_reason tongs_no_shaders, tongs_no_dynamic_libraries, tongs_no_binary_archives,
	tongs_no_counters, tongs_no_io, tongs_no_ray_tracing, tongs_no_rasterization_rates, tongs_no_sparse,
	tongs_no_peers, tongs_no_drawables;

/* For rows of ANSWERS_NO. They read no arguments. */
BOOL tongs_answer_no(id self, SEL _cmd);
uint64_t tongs_answer_0(id self, SEL _cmd);
id tongs_answer_nil(id self, SEL _cmd);
void tongs_answer_nothing(id self, SEL _cmd);
MTLSize tongs_answer_no_size(id self, SEL _cmd); /* also for other structs of three NSUIntegers */
MTLSizeAndAlign tongs_answer_no_size_and_align(id self, SEL _cmd);
MTLResourceID tongs_answer_no_resource_id(id self, SEL _cmd);

/* For rows of REFUSES. Each logs one error, the row's reason, and returns nil, which a method that returns nothing may
 * do, too. The first reads no arguments. The others have so many, the last of which is a pointer to an NSError, which
 * may be NULL, or a block, which is called once, before they return: with nil and an NSError, or, with a reflection,
 * with nil, nil and an NSError. */
id tongs_refuse(id self, SEL _cmd);
id tongs_refuse_error2(id self, SEL _cmd, uintptr_t first, id *error);
id tongs_refuse_error3(id self, SEL _cmd, uintptr_t first, uintptr_t second, id *error);
id tongs_refuse_error4(id self, SEL _cmd, uintptr_t first, uintptr_t second, uintptr_t third, id *error);
id tongs_refuse_handler2(id self, SEL _cmd, uintptr_t first, void *handler);
id tongs_refuse_handler3(id self, SEL _cmd, uintptr_t first, uintptr_t second, void *handler);
id tongs_refuse_reflection_handler3(id self, SEL _cmd, uintptr_t first, uintptr_t second, void *handler);

#endif
