/* SPDX-License-Identifier: MIT */
/* What was learned of a device and does not change. It stays when the device goes: to learn it takes a VkDevice, and
 * the layer asks for it in queries. Private to src/gpu. */
#ifndef TONGS_GPU_FACTS_H
#define TONGS_GPU_FACTS_H

#include <stdatomic.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

enum tongs_answer { TONGS_ANSWER_UNKNOWN, TONGS_ANSWER_NO, TONGS_ANSWER_YES };

struct tongs_facts {
	uint8_t uuid[VK_UUID_SIZE];
	struct tongs_facts *next;          /* constant, as the UUID */
	atomic_uint host_memory_types;     /* that take host pages; 0: unknown */
	atomic_int takes_optimal;          /* an answer: OPTIMAL images can lie in host pages */
	atomic_int addresses_are_pointers; /* an answer: tongs_gpu_addresses_are_pointers */
};

/* From any thread, and without a lock. NULL: nobody has called tongs_facts_get with that UUID. */
struct tongs_facts *tongs_facts_find(const uint8_t uuid[VK_UUID_SIZE]);
/* The facts of that UUID, all unknown at first; valid to the end of the process. NULL when memory runs out. */
struct tongs_facts *tongs_facts_get(const uint8_t uuid[VK_UUID_SIZE]);

#endif
