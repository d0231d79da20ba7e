/* SPDX-License-Identifier: MIT */
/* Runs a flow of calls repeatedly: first its first point of failure fails, then the second, until the flow succeeds.
 * Whatever failed, nothing may leak, and the same flow must succeed right after. */
#ifndef TONGS_TESTS_LAYER_TORTURE_H
#define TONGS_TESTS_LAYER_TORTURE_H

#include "allocator.h"
#include "harness.h"

/* What fails. */
enum way {
	WAY_ALLOCATION,    /* an allocation of Tongs, whichever allocator it is from */
	WAY_CALLBACK,      /* one that Tongs makes from the application's callbacks */
	WAY_KERNEL,        /* mmap or pthread_create in libtongs; not under a sanitizer, which has its own */
	WAY_HOST_MEMORY,   /* a call into the driver, with VK_ERROR_OUT_OF_HOST_MEMORY */
	WAY_DEVICE_MEMORY, /* with VK_ERROR_OUT_OF_DEVICE_MEMORY */
	WAY_OTHER,         /* with another error that the command has */
	WAY_COUNT
};

struct torture;

struct flow {
	const char *name;
	/* True if the flow completed. Otherwise it has undone everything, and checked the results, messages and
	 * outputs. */
	bool (*run)(struct torture *torture, const struct flow *flow);
	/* The parameters of the flow, if its function uses them. */
	VkExternalMemoryHandleTypeFlags types;
	VkFormat format;
	VkImageTiling tiling;
	VkDeviceSize size;
	bool invalid; /* breaks rules that a validation layer knows: not run above one */
	bool late;    /* it creates objects that libtongs creates once per process: also run in separate processes */
};

struct torture {
	struct gpu gpu; /* its callbacks are the allocator's */
	struct allocator allocator;
	struct tongs_device *metal;
	bool combines;                          /* memory can be both MTLBUFFER and MTLHEAP */
	MTLResourceOptions heap_options;        /* of heaps that Vulkan can import */
	bool host_pages;                        /* what is shared is in host pages, not in driver memory */
	const VkAllocationCallbacks *callbacks; /* for the flow's own calls in this round; may be NULL */
	/* What this round is, for messages. */
	const struct flow *flow;
	enum way way;
	uint64_t point;
	unsigned messages; /* of libtongs, since the last check */
};

/* Sums over all flows. */
struct torture_sums {
	unsigned long injected; /* rounds in which something failed */
	unsigned long passed;   /* of those, everything was correct */
	unsigned long survived; /* of those, the flow completed nevertheless */
};
extern struct torture_sums torture_sums;

void torture_init(struct torture *torture);
void torture_finish(struct torture *torture);

/* Runs the flow with all ways and points of failure. */
void torture_run(struct torture *torture, const struct flow *flow);
/* One of them. Returns false if the flow has fewer points. */
bool torture_run_point(struct torture *torture, const struct flow *flow, enum way way, uint64_t point);

/* Errors that a command may return; memory's are VK_ERROR_OUT_OF_HOST_MEMORY and VK_ERROR_OUT_OF_DEVICE_MEMORY. */
enum {
	MEMORY = 1,
	INITIALIZATION_FAILED = 2,
	INVALID_EXTERNAL_HANDLE = 4,
	MEMORY_MAP_FAILED = 8,
};

/* Whether a call succeeded. Fails the test when it returned an error that is not among the `listed`, or any in a round
 * where nothing fails. */
bool went(struct torture *torture, VkResult result, unsigned listed);
/* The same for a call of libtongs, which must have reported why it returned NULL or false. */
bool made(struct torture *torture, bool success);

#endif
