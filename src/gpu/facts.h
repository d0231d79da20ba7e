/* SPDX-License-Identifier: MIT */
/* What was learned of a device and does not change. It stays when the device goes: to learn it takes a VkDevice, and
 * the layer asks for it in queries. Private to src/gpu. */
#ifndef TONGS_GPU_FACTS_H
#define TONGS_GPU_FACTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "gpu/id.h"

enum tongs_answer { TONGS_ANSWER_UNKNOWN, TONGS_ANSWER_NO, TONGS_ANSWER_YES };

struct tongs_facts {
	struct tongs_gpu_id id;
	struct tongs_facts *next;          /* constant, as the id */
	atomic_uint host_memory_types;     /* that take host pages; 0: unknown */
	atomic_int takes_optimal;          /* an answer: OPTIMAL images can lie in host pages */
	atomic_int addresses_are_pointers; /* an answer: tongs_gpu_addresses_are_pointers */
};

/* From any thread, and without a lock. NULL: nobody has called tongs_facts_get with that id. */
struct tongs_facts *tongs_facts_find(const struct tongs_gpu_id *id);
/* The facts of that device, all unknown at first; valid to the end of the process. NULL when memory runs out. */
struct tongs_facts *tongs_facts_get(const struct tongs_gpu_id *id);

#endif
