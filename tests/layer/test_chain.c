/* SPDX-License-Identifier: MIT */
/* Private copies of chains: the original stays as it was, in memory that cannot even be written. */
#include "layer/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "layer/commands.h"

static const VkStructureType EXPORT = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			     DEDICATED = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO;

static size_t length_of(const void *chain) {
	size_t length = 0;
	for (const VkBaseInStructure *s = chain; s; s = s->pNext)
		length++;
	return length;
}

/* flags, export, priority, dedicated, tail: in pages without write permission. */
struct original {
	VkMemoryAllocateFlagsInfo flags;
	VkExportMemoryAllocateInfo export;
	VkMemoryPriorityAllocateInfoEXT priority;
	VkMemoryDedicatedAllocateInfo dedicated;
	VkMemoryOpaqueCaptureAddressAllocateInfo tail;
};

static struct original *make_original(void) {
	struct original *o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(o, MAP_FAILED);
	*o = (struct original){
		.flags = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, &o->export, 5, 6},
		.export = {EXPORT, &o->priority, 7},
		.priority = {VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT, &o->dedicated, 0.5f},
		.dedicated = {DEDICATED, &o->tail, VK_NULL_HANDLE, VK_NULL_HANDLE},
		.tail = {VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO, NULL, 8},
	};
	assert_int_equal(mprotect(o, sizeof(*o), PROT_READ), 0);
	return o;
}

static void copies_up_to_the_last_edit(void **state) {
	struct original *o = make_original();
	struct tongs_chain chain;
	(void)state;
	assert_int_equal(tongs_chain_init(&chain, o, &EXPORT, 1, NULL), VK_SUCCESS);
	assert_int_equal(length_of(chain.head), 5);
	VkExportMemoryAllocateInfo *copy = tongs_chain_edit(&chain, EXPORT);
	assert_ptr_not_equal(copy, &o->export);
	assert_int_equal(copy->handleTypes, 7);
	copy->handleTypes = 9;
	assert_int_equal(o->export.handleTypes, 7);
	assert_ptr_equal(copy->pNext, &o->priority);
	assert_int_equal(((VkMemoryAllocateFlagsInfo *)chain.head)->deviceMask, 6);
	tongs_chain_finish(&chain);
	munmap(o, sizeof(*o));
}

static void removes_whatever_the_place(void **state) {
	const VkStructureType removed[] = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, DEDICATED};
	struct original *o = make_original();
	struct tongs_chain chain;
	(void)state;
	assert_int_equal(tongs_chain_init(&chain, o, removed, 2, NULL), VK_SUCCESS);
	tongs_chain_remove(&chain, removed[0]);
	tongs_chain_remove(&chain, removed[1]);
	assert_int_equal(length_of(chain.head), 3);
	assert_null(tongs_chain_find(chain.head, DEDICATED));
	assert_ptr_equal(tongs_chain_find(chain.head, o->tail.sType), &o->tail);
	assert_int_equal(((const VkExportMemoryAllocateInfo *)tongs_chain_find(chain.head, EXPORT))->handleTypes, 7);
	tongs_chain_finish(&chain);
	munmap(o, sizeof(*o));
}

static void shares_a_chain_without_edits(void **state) {
	const VkStructureType none = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO;
	struct original *o = make_original();
	struct tongs_chain chain;
	(void)state;
	assert_int_equal(tongs_chain_init(&chain, o, &none, 1, NULL), VK_SUCCESS);
	assert_ptr_equal(chain.head, o);
	tongs_chain_finish(&chain);
	assert_int_equal(tongs_chain_init(&chain, NULL, &none, 1, NULL), VK_SUCCESS);
	assert_null(chain.head);
	assert_null(tongs_chain_edit(&chain, none));
	tongs_chain_finish(&chain);
	munmap(o, sizeof(*o));
}

/* Of unknown size behind the last edit: kept. Before it: nothing is copied, and the unknown struct is reported. */
static void unknown_structs(void **state) {
	VkBaseInStructure after = {.sType = (VkStructureType)0x7ffffff0};
	const VkExportMemoryAllocateInfo export = {.sType = EXPORT, .pNext = &after, .handleTypes = 3};
	const VkBaseInStructure before = {.sType = (VkStructureType)0x7ffffff1, .pNext = (const void *)&export};
	struct tongs_chain chain;
	(void)state;
	assert_int_equal(tongs_chain_init(&chain, &export, &EXPORT, 1, NULL), VK_SUCCESS);
	assert_int_equal(length_of(chain.head), 2);
	assert_int_equal(chain.head->sType, EXPORT);
	assert_ptr_equal(chain.head->pNext, &after);
	tongs_chain_finish(&chain);
	assert_int_equal(tongs_chain_init(&chain, &before, &EXPORT, 1, NULL), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(chain.unknown, before.sType);
	assert_int_equal(chain.edited, EXPORT);
	assert_ptr_equal(chain.head, &before);
	tongs_chain_finish(&chain);
}

/* A chain of `count` structs of which one, at `unknown`, is of an unknown type: either the copy is complete and in
 * order, or nothing was copied. */
static void check_unknown_at(size_t count, size_t unknown, size_t edited) {
	VkMemoryPriorityAllocateInfoEXT links[8];
	struct tongs_chain chain;
	for (size_t i = 0; i < count; i++)
		links[i] = (VkMemoryPriorityAllocateInfoEXT){
			.sType = i == unknown  ? (VkStructureType)0x7ffffff1
				 : i == edited ? EXPORT
					       : VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT,
			.pNext = i + 1 < count ? &links[i + 1] : NULL,
			.priority = (float)i,
		};
	VkResult result = tongs_chain_init(&chain, links, &EXPORT, 1, NULL);
	assert_int_equal(result, unknown < edited ? VK_ERROR_VALIDATION_FAILED_EXT : VK_SUCCESS);
	size_t i = 0;
	for (const VkBaseOutStructure *s = chain.head; s; s = s->pNext, i++) {
		assert_int_equal(s->sType, links[i].sType);
		assert_memory_equal(&((const VkMemoryPriorityAllocateInfoEXT *)s)->priority, &links[i].priority, 4);
	}
	assert_int_equal(i, count);
	tongs_chain_finish(&chain);
}

static void unknown_structs_at_every_place(void **state) {
	(void)state;
	for (size_t count = 2; count <= 8; count++)
		for (size_t unknown = 0; unknown < count; unknown++)
			for (size_t edited = 0; edited < count; edited++)
				if (edited != unknown)
					check_unknown_at(count, unknown, edited);
}

/* The sizes come from the registry; the headers say the same of those that they have. */
static void sizes_are_the_headers_own(void **state) {
	static const struct {
		int64_t number;
		int64_t type;
		size_t size;
	} structs[] = {
#define CHAIN_STRUCT_NAMED(number, type, name) {number, type, sizeof(name)},
#include "layer/chain_sizes.inc"
#undef CHAIN_STRUCT_NAMED
	};
	size_t count = sizeof(structs) / sizeof(*structs);
	(void)state;
	assert_true(count >= 30);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(structs[i].number, structs[i].type);
		assert_int_equal(tongs_chain_struct_size((VkStructureType)structs[i].type), structs[i].size);
	}
}

/* Newer than the oldest supported headers: on a machine of 64 bits, by hand. */
static void sizes_of_newer_structs(void **state) {
	static const struct {
		int32_t type;
		size_t size;
	} structs[] = {
		{1000470006, 24}, /* VkBufferUsageFlags2CreateInfo: 64 bits */
		{1000575002, 24}, /* VkImageAlignmentControlCreateInfoMESA: 32 bits */
		{1000602000, 32}, /* VkImportMemoryMetalHandleInfoEXT: 32 bits and a pointer */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(structs) / sizeof(*structs) && sizeof(void *) == 8; i++)
		assert_int_equal(tongs_chain_struct_size((VkStructureType)structs[i].type), structs[i].size);
	assert_int_equal(tongs_chain_struct_size(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO), 0);
}

/* More than fits inside the struct comes from the allocator, and its failure is reported. */
static void long_chains(void **state) {
	enum { COUNT = 100 };
	VkMemoryPriorityAllocateInfoEXT links[COUNT];
	VkExportMemoryAllocateInfo export = {.sType = EXPORT};
	struct tongs_chain chain;
	(void)state;
	for (int i = 0; i < COUNT; i++)
		links[i] = (VkMemoryPriorityAllocateInfoEXT){
			.sType = VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT,
			.pNext = i + 1 < COUNT ? (void *)&links[i + 1] : (void *)&export,
			.priority = (float)i,
		};
	assert_int_equal(tongs_chain_init(&chain, links, &EXPORT, 1, NULL), VK_SUCCESS);
	assert_int_equal(length_of(chain.head), COUNT + 1);
	float expected = 0;
	for (const VkBaseOutStructure *s = chain.head; s->sType != EXPORT; s = s->pNext)
		assert_true(((const VkMemoryPriorityAllocateInfoEXT *)s)->priority == expected++);
	tongs_chain_finish(&chain);

	tongs_alloc_fail_after(0);
	assert_int_equal(tongs_chain_init(&chain, links, &EXPORT, 1, NULL), VK_ERROR_OUT_OF_HOST_MEMORY);
	tongs_alloc_fail_after(UINT64_MAX);
	tongs_chain_finish(&chain);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_up_to_the_last_edit),
		cmocka_unit_test(removes_whatever_the_place),
		cmocka_unit_test(shares_a_chain_without_edits),
		cmocka_unit_test(unknown_structs),
		cmocka_unit_test(unknown_structs_at_every_place),
		cmocka_unit_test(sizes_are_the_headers_own),
		cmocka_unit_test(sizes_of_newer_structs),
		cmocka_unit_test(long_chains),
	};
	return cmocka_run_group_tests_name("layer: chain", tests, NULL, NULL);
}
