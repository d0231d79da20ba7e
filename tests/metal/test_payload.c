/* SPDX-License-Identifier: MIT */
/* Payloads: zeroed whatever the pages held before, many at once, and referenced by a device's objects. */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "util/alloc.h"
#include "memory/host_pages.h"
#include "memory/pool.h"

/* Mappings that may come and stay for other reasons; ThreadSanitizer's shadow of a mapping outlives it. */
#ifdef __SANITIZE_THREAD__
#define FEW 10000
#else
#define FEW 20
#endif

static const uint64_t sizes[] = {1, 4096, 4097, 16384, 65536, 262144, 262145, 1 << 20, 2 << 20, (2 << 20) + 1, 5 << 20};

static void size_and_address_are_whole_pages(void **state) {
	(void)state;
	uint64_t page = tongs_page_size();
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		struct tongs_payload *payload = tongs_payload_create(sizes[i]);
		assert_non_null(payload);
		assert_int_equal(tongs_payload_get_size(payload), (sizes[i] + page - 1) / page * page);
		assert_int_equal((uintptr_t)tongs_payload_get_contents(payload) % page, 0);
		if (sizes[i] >= 2 << 20)
			assert_int_equal((uintptr_t)tongs_payload_get_contents(payload) % (2 << 20), 0);
		tongs_payload_unref(payload);
	}
}

static void used_pages_come_back_zeroed(void **state) {
	(void)state;
	for (size_t round = 0; round < 100; round++) {
		for (size_t i = 0; i < LENGTH(sizes); i++) {
			struct tongs_payload *payload = tongs_payload_create(sizes[i]);
			assert_non_null(payload);
			uint64_t size = tongs_payload_get_size(payload);
			assert_true(bytes_are(tongs_payload_get_contents(payload), 0, size));
			memset(tongs_payload_get_contents(payload), 0xa5, size);
			tongs_payload_unref(payload);
		}
	}
}

/* A slot is used by a small payload after a larger one of the same slot size, and then by a larger one again. */
static void a_slot_is_cleared_for_its_new_size(void **state) {
	(void)state;
	static const uint64_t pages[] = {8, 5, 8, 6, 7};
	for (size_t i = 0; i < LENGTH(pages); i++) {
		struct tongs_payload *payload = tongs_payload_create(pages[i] * tongs_page_size());
		assert_non_null(payload);
		uint64_t size = tongs_payload_get_size(payload);
		assert_true(bytes_are(tongs_payload_get_contents(payload), 0, size));
		memset(tongs_payload_get_contents(payload), 0xff, size);
		tongs_payload_unref(payload);
	}
}

static void impossible_sizes_are_refused(void **state) {
	(void)state;
	assert_null(tongs_payload_create(UINT64_MAX));
	assert_null(tongs_payload_create(UINT64_MAX - tongs_page_size()));
	assert_null(tongs_payload_create(UINT64_C(1) << 62));
	struct tongs_payload *payload = tongs_payload_create(0);
	assert_non_null(payload);
	assert_int_equal(tongs_payload_get_size(payload), tongs_page_size());
	tongs_payload_unref(payload);
	tongs_payload_unref(NULL);
}

/* The worker may still be clearing pages. */
static bool returns_to(size_t mappings) {
	for (int i = 0; i < 500 && count_mappings() >= mappings + FEW; i++) {
		usleep(10000);
		tongs_pool_drain();
	}
	return count_mappings() < mappings + FEW;
}

static void many_live_at_once(void **state) {
	(void)state;
	enum { COUNT = 100000 };
	struct tongs_payload **payloads = calloc(COUNT, sizeof(struct tongs_payload *));
	assert_non_null(payloads);
	size_t mappings = count_mappings();
	for (size_t i = 0; i < COUNT; i++) {
		payloads[i] = tongs_payload_create((i % 4 + 1) * tongs_page_size());
		assert_non_null(payloads[i]);
		/* The address goes into every tenth, which is enough to see two of them overlap. */
		if (i % 10 == 0)
			*(struct tongs_payload **)tongs_payload_get_contents(payloads[i]) = payloads[i];
	}
	assert_true(count_mappings() < mappings + COUNT / 16);
	for (size_t i = 0; i < COUNT; i++) {
		struct tongs_payload *owner = *(struct tongs_payload **)tongs_payload_get_contents(payloads[i]);
		assert_ptr_equal(owner, i % 10 == 0 ? payloads[i] : NULL);
	}
	for (size_t i = 0; i < COUNT; i++)
		tongs_payload_unref(payloads[(i * 7919) % COUNT]);
	tongs_pool_drain();
	assert_true(returns_to(mappings));
	free(payloads);
}

static void rounds_do_not_grow(void **state) {
	(void)state;
	size_t mappings = count_mappings();
	uint32_t random = 3;
	struct tongs_payload *window[64] = {0};
	for (size_t i = 0; i < 1000000; i++) {
		struct tongs_payload **slot = &window[next_random(&random) % LENGTH(window)];
		tongs_payload_unref(*slot);
		*slot = tongs_payload_create((next_random(&random) % 64 + 1) * tongs_page_size());
		assert_non_null(*slot);
	}
	for (size_t i = 0; i < LENGTH(window); i++)
		tongs_payload_unref(window[i]);
	tongs_pool_drain();
	assert_true(returns_to(mappings));
}

static void *churn(void *user) {
	uint32_t random = (uint32_t)(uintptr_t)user;
	size_t wrong = 0;
	for (size_t i = 0; i < 3000; i++) {
		/* Mostly slots; sometimes half a megabyte to three of them, in few sizes, so that others had them. */
		uint32_t some = next_random(&random);
		uint64_t pages = some % 64 ? some % 8 + 1 : (some / 64 % 6 + 1) * 128;
		struct tongs_payload *payload = tongs_payload_create(pages * tongs_page_size());
		if (!payload)
			return (void *)1;
		size_t size = tongs_payload_get_size(payload);
		wrong += !bytes_are(tongs_payload_get_contents(payload), 0, size);
		memset(tongs_payload_get_contents(payload), (int)(uintptr_t)user, size);
		wrong += !bytes_are(tongs_payload_get_contents(payload), (int)(uintptr_t)user, size);
		tongs_payload_unref(payload);
	}
	return (void *)wrong;
}

static void threads_do_not_share_pages(void **state) {
	(void)state;
	pthread_t threads[4];
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)), 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *wrong;
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

enum { SHARED_ROUNDS = 5000 };
static struct tongs_payload *_Atomic mailbox;

static void write_part(struct tongs_payload *payload, size_t part) {
	memset((char *)tongs_payload_get_contents(payload) + part * tongs_page_size(), 0xa5, tongs_page_size());
	tongs_payload_unref(payload);
}

static void *write_second_parts(void *unused) {
	for (size_t i = 0; i < SHARED_ROUNDS; i++) {
		struct tongs_payload *payload;
		while (!(payload = atomic_exchange(&mailbox, NULL)))
			sched_yield();
		write_part(payload, 1);
	}
	return unused;
}

/* The thread that releases last clears what the other wrote. Only the reference count orders this, which
 * ThreadSanitizer checks. */
static void the_last_of_two_threads_clears(void **state) {
	(void)state;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, write_second_parts, NULL), 0);
	for (size_t i = 0; i < SHARED_ROUNDS; i++) {
		struct tongs_payload *payload = tongs_payload_create(2 * tongs_page_size());
		assert_non_null(payload);
		assert_true(bytes_are(tongs_payload_get_contents(payload), 0, 2 * tongs_page_size()));
		while (atomic_load(&mailbox))
			sched_yield();
		atomic_store(&mailbox, tongs_payload_ref(payload));
		write_part(payload, 0);
	}
	pthread_join(thread, NULL);
}

static void count_call(void *pointer, NSUInteger length, void *user) {
	assert_non_null(pointer);
	assert_int_equal(length, tongs_page_size());
	++*(int *)user;
}

static void external_pages_are_given_back_once(void **state) {
	(void)state;
	int calls = 0;
	void *pages = aligned_alloc(tongs_page_size(), tongs_page_size());
	assert_non_null(pages);
	struct tongs_payload *payload = tongs_host_pages_wrap(pages, tongs_page_size());
	assert_non_null(payload);
	tongs_host_pages_set_deallocator(payload, count_call, &calls);
	assert_ptr_equal(tongs_payload_get_contents(payload), pages);
	tongs_payload_ref(payload);
	tongs_payload_unref(payload);
	assert_int_equal(calls, 0);
	tongs_payload_unref(payload);
	assert_int_equal(calls, 1);
	free(pages);
}

static void an_accounted_payload_counts_once(void **state) {
	(void)state;
	_Atomic uint64_t total = 0;
	struct tongs_payload *payload = tongs_payload_create(tongs_page_size()), *other = tongs_payload_create(1 << 20);
	assert_non_null(payload);
	assert_non_null(other);
	assert_int_equal(total, 0);
	assert_ptr_equal(tongs_payload_account(payload, &total), payload);
	tongs_payload_account(payload, &total);
	assert_int_equal(total, tongs_page_size());
	tongs_payload_account(other, &total);
	assert_int_equal(total, tongs_page_size() + (1 << 20));
	tongs_payload_unaccount(payload, &total);
	assert_int_equal(total, tongs_page_size() + (1 << 20));
	tongs_payload_unref(payload); /* the account is a reference */
	tongs_payload_unaccount(payload, &total);
	assert_int_equal(total, 1 << 20);
	tongs_payload_account(other, &total);
	tongs_payload_unaccount(other, &total);
	tongs_payload_unaccount(other, &total);
	assert_int_equal(total, 0);
	tongs_payload_unref(other);
}

static void host_pages_describe_their_import(void **state) {
	(void)state;
	const uint64_t page = tongs_page_size();
	struct tongs_payload *payload = tongs_payload_create(3 * page);
	assert_non_null(payload);
	const struct tongs_import *import = tongs_payload_get_import(payload);
	assert_ptr_equal(import->kind, tongs_import_get_kind(false));
	assert_false(import->kind->allocated_by_device);
	assert_ptr_equal(import->contents, tongs_payload_get_contents(payload));
	assert_int_equal(import->size, 3 * page);
	assert_int_equal(tongs_payload_get_storage_mode(payload), MTLStorageModeShared);

	const VkBaseInStructure next = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
	struct tongs_import_info info;
	assert_int_equal(import->kind->begin(import, page, &next, &info), VK_SUCCESS);
	const VkImportMemoryHostPointerInfoEXT *pointer = info.head;
	assert_int_equal(pointer->sType, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
	assert_ptr_equal(pointer->pNext, &next);
	assert_int_equal(pointer->handleType, import->kind->handle_type);
	assert_ptr_equal(pointer->pHostPointer, (char *)import->contents + page);

	import->kind->end(&info, VK_SUCCESS);

	/* A driver that lacks the command. */
	uint32_t types = 1;
	assert_int_equal(import->kind->query_memory_types(NULL, VK_NULL_HANDLE, import, 0, &types),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_int_equal(types, 0);

	struct tongs_import sample;
	assert_true(import->kind->create_sample(2 * page, 16 * page, &sample));
	assert_ptr_equal(sample.kind, import->kind);
	assert_int_equal(sample.size, 2 * page);
	assert_int_equal((uintptr_t)sample.contents % (16 * page), 0);
	assert_true(bytes_are(sample.contents, 0, sample.size));
	import->kind->destroy_sample(&sample);
	tongs_alloc_fail_after(0);
	assert_false(import->kind->create_sample(2 * page, page, &sample));
	tongs_alloc_fail_after(UINT64_MAX);
	tongs_payload_unref(payload);
}

static void only_external_pages_can_be_unfit_to_pin(void **state) {
	(void)state;
	const size_t page = tongs_page_size();
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_READ), 0);
	struct tongs_payload *wrapped = tongs_host_pages_wrap(pages, 2 * page), *own = tongs_payload_create(2 * page);
	assert_non_null(wrapped);
	assert_non_null(own);
	assert_true(tongs_payload_is_external(wrapped));
	assert_false(tongs_payload_is_external(own));
	assert_false(tongs_payload_is_read_only(wrapped));
	tongs_host_pages_set_read_only(wrapped);
	assert_true(tongs_payload_is_read_only(wrapped));
	assert_null(tongs_payload_find_pin_fault(wrapped, 0, page));
	assert_non_null(tongs_payload_find_pin_fault(wrapped, 0, 2 * page));
	assert_non_null(tongs_payload_find_pin_fault(wrapped, page, page));
	assert_null(tongs_payload_find_pin_fault(own, 0, 2 * page));
	tongs_payload_unref(own);
	tongs_payload_unref(wrapped);
	munmap(pages, 2 * page);
}

struct other {
	struct tongs_payload payload; /* first */
	int destroyed;
	int mapped;
	char bytes[8];
};

static void destroy_other(struct tongs_payload *payload) {
	((struct other *)payload)->destroyed++;
}

static void *map_other(struct tongs_payload *payload, struct tongs_own_device *dev) {
	struct other *other = (struct other *)payload;
	assert_null(dev);
	other->mapped++;
	return other->bytes;
}

static const char *find_fault_of_other(const struct tongs_payload *payload, uint64_t offset, uint64_t size) {
	assert_ptr_equal(payload->import.contents, NULL);
	return offset + size > 4096 ? "are elsewhere" : NULL;
}

static void another_kind_goes_by_its_own_functions(void **state) {
	(void)state;
	static const struct tongs_payload_kind kind = {
		.import = {.name = "other memory", .handle_type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT},
		.destroy = destroy_other,
		.map = map_other,
		.find_pin_fault = find_fault_of_other,
	};
	struct other other = {.payload = {
				      .kind = &kind,
				      .import = {.kind = &kind.import, .size = 8192},
				      .storage_mode = MTLStorageModePrivate,
				      .refs = 1,
			      }};
	struct tongs_payload *payload = &other.payload;
	_Atomic uint64_t total = 0;
	assert_null(tongs_payload_get_contents(payload));
	assert_int_equal(tongs_payload_get_size(payload), 8192);
	assert_int_equal(tongs_payload_get_storage_mode(payload), MTLStorageModePrivate);
	assert_ptr_equal(tongs_payload_get_import(payload)->kind, &kind.import);
	assert_null(tongs_payload_find_pin_fault(payload, 0, 8192));
	other.payload.external = true;
	assert_string_equal(tongs_payload_find_pin_fault(payload, 4096, 4096), "are elsewhere");
	assert_null(tongs_payload_map(payload, NULL));
	assert_int_equal(other.mapped, 0);
	other.payload.storage_mode = MTLStorageModeShared;
	assert_ptr_equal(tongs_payload_map(payload, NULL), other.bytes);
	assert_int_equal(other.mapped, 1);
	tongs_payload_account(payload, &total);
	assert_int_equal(total, 8192);
	tongs_payload_unref(payload);
	assert_int_equal(other.destroyed, 0);
	tongs_payload_unaccount(payload, &total);
	assert_int_equal(other.destroyed, 1);
	assert_int_equal(total, 0);
}

static void fails_without_memory(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		struct tongs_payload *payload = NULL;
		uint64_t countdown = 0;
		for (; !payload; countdown++) {
			assert_true(countdown < 10);
			tongs_alloc_fail_after(countdown);
			payload = tongs_payload_create(sizes[i]);
		}
		tongs_alloc_fail_after(UINT64_MAX);
		assert_true(countdown > 1);
		tongs_payload_unref(payload);
	}
	int page = 0; /* stands for one, and is not touched */
	tongs_alloc_fail_after(0);
	assert_null(tongs_host_pages_wrap(&page, 4096));
	tongs_alloc_fail_after(UINT64_MAX);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_and_address_are_whole_pages),
		cmocka_unit_test(used_pages_come_back_zeroed),
		cmocka_unit_test(a_slot_is_cleared_for_its_new_size),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(many_live_at_once),
		cmocka_unit_test(rounds_do_not_grow),
		cmocka_unit_test(threads_do_not_share_pages),
		cmocka_unit_test(the_last_of_two_threads_clears),
		cmocka_unit_test(external_pages_are_given_back_once),
		cmocka_unit_test(an_accounted_payload_counts_once),
		cmocka_unit_test(host_pages_describe_their_import),
		cmocka_unit_test(only_external_pages_can_be_unfit_to_pin),
		cmocka_unit_test(another_kind_goes_by_its_own_functions),
		cmocka_unit_test(fails_without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
