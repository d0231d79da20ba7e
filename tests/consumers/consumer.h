/* SPDX-License-Identifier: MIT */
/* What the consumers' tests share. Each makes the calls of a real program in their order, in its language and with its
 * flags; what surrounds these calls (an instance, copies, comparisons) is the layer's fixture, which is C. */
#ifndef TONGS_TESTS_CONSUMER_H
#define TONGS_TESTS_CONSUMER_H

#ifdef __cplusplus
extern "C" {
#endif

#include "../layer/harness.h"

/* The test's reason to skip itself where a driver executes nothing. */
#define NOTHING_EXECUTES "commands are not executed"
bool consumer_executes(void);

/* A device with the two extensions; the instance may export devices. */
void consumer_open(struct gpu *gpu);
/* The same without the instance's say, as most programs open theirs: exports of devices warn. */
void consumer_open_plainly(struct gpu *gpu);

/* The MTLDevice, borrowed, by a function that the program got in its own way. */
void *consumer_export_device(struct gpu *gpu, PFN_vkExportMetalObjectsEXT export_objects);

/* A timeline semaphore for export as MTLSharedEvent, at 0; and that event, which is borrowed. */
VkSemaphore consumer_make_timeline(struct gpu *gpu);
void *consumer_export_event(struct gpu *gpu, VkSemaphore semaphore);

#ifdef __cplusplus
}
#endif

#endif
