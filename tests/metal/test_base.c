/* SPDX-License-Identifier: MIT */
/* The allocator, the messages, the check of mappings. */
#define _GNU_SOURCE /* memfd_create */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/log.h"
#include "util/mapped.h"

static void memory_is_zeroed(void **state) {
	(void)state;
	for (size_t size = 1; size < 5000; size = size * 3 + 1) {
		unsigned char *bytes = tongs_malloc(size, 3);
		assert_non_null(bytes);
		assert_true(bytes_are(bytes, 0, size * 3));
		memset(bytes, 0xcc, size * 3);
		tongs_free(NULL, bytes);
	}
	void *nothing = tongs_malloc(0, 8);
	assert_non_null(nothing);
	tongs_free(NULL, nothing);
	tongs_free(NULL, NULL);
	assert_null(tongs_malloc(SIZE_MAX, 2));
	assert_null(tongs_malloc(SIZE_MAX / 2 + 1, 2));
}

struct record {
	size_t live, size, alignment;
	VkSystemAllocationScope scope;
};

static void *VKAPI_PTR allocate(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
	struct record *record = user;
	*record = (struct record){record->live + 1, size, alignment, scope};
	void *memory = malloc(size);
	assert_non_null(memory);
	memset(memory, 0xdd, size);
	return memory;
}

static void VKAPI_PTR release(void *user, void *memory) {
	assert_non_null(memory);
	((struct record *)user)->live--;
	free(memory);
}

static void *VKAPI_PTR refuse(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
	(void)user, (void)size, (void)alignment, (void)scope;
	return NULL;
}

static void callbacks_are_honoured(void **state) {
	(void)state;
	struct record record = {0};
	VkAllocationCallbacks callbacks = {.pUserData = &record, .pfnAllocation = allocate, .pfnFree = release};
	void *bytes = tongs_alloc(&callbacks, 7, 9, VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
	assert_non_null(bytes);
	assert_int_equal(record.size, 63);
	assert_int_equal(record.alignment, _Alignof(max_align_t));
	assert_int_equal(record.scope, VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
	assert_true(bytes_are(bytes, 0, 63));
	tongs_free(&callbacks, bytes);
	tongs_free(&callbacks, NULL);
	assert_int_equal(record.live, 0);
	callbacks.pfnAllocation = refuse;
	assert_null(tongs_alloc(&callbacks, 1, 1, VK_SYSTEM_ALLOCATION_SCOPE_OBJECT));
}

static void pages_are_aligned(void **state) {
	(void)state;
	for (size_t alignment = 65536; alignment <= 4 << 20; alignment *= 2) {
		char *pages = tongs_alloc_pages(131072, alignment);
		assert_non_null(pages);
		assert_int_equal((uintptr_t)pages % alignment, 0);
		assert_true(bytes_are(pages, 0, 131072));
		memset(pages, 1, 131072);
		tongs_free_pages(pages, 131072);
	}
	assert_null(tongs_alloc_pages(0, 65536));
	assert_null(tongs_alloc_pages(SIZE_MAX & ~(size_t)65535, 65536));
	tongs_free_pages(NULL, 65536);
}

static void one_allocation_fails(void **state) {
	(void)state;
	tongs_alloc_fail_after(2);
	for (int i = 0; i < 6; i++) {
		void *bytes = tongs_malloc(1, 1);
		assert_int_equal(bytes == NULL, i == 2);
		tongs_free(NULL, bytes);
	}
	tongs_alloc_fail_after(0);
	tongs_alloc_fail_after(UINT64_MAX);
	void *bytes = tongs_malloc(1, 1);
	assert_non_null(bytes);
	tongs_free(NULL, bytes);
}

static size_t errors, warnings;

static void count_messages(enum tongs_message_severity severity, const char *text, void *user) {
	assert_ptr_equal(user, &errors);
	assert_null(strchr(text, '\n'));
	errors += severity == TONGS_MESSAGE_ERROR;
	warnings += severity == TONGS_MESSAGE_WARNING;
}

/* The environment is read once in a process, so each value has its own. */
static int reported_with(const char *value) {
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (value)
			setenv("TONGS_LOG", value, 1);
		else
			unsetenv("TONGS_LOG");
		tongs_set_message_callback(count_messages, &errors);
		tongs_log_error("%d", 1);
		tongs_log_error("%s", "2");
		tongs_log_warning("3");
		_exit((int)(errors * 10 + warnings));
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void environment_limits_messages(void **state) {
	(void)state;
	assert_int_equal(reported_with(NULL), 21);
	assert_int_equal(reported_with(""), 21);
	assert_int_equal(reported_with("warning"), 21);
	assert_int_equal(reported_with("error"), 20);
	assert_int_equal(reported_with("off"), 0);
	/* An invalid value is itself reported. */
	assert_int_equal(reported_with("loud"), 22);
}

static void stderr_without_a_callback(void **state) {
	(void)state;
	int ends[2], saved = dup(STDERR_FILENO);
	char text[4096] = "";
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	tongs_set_message_callback(NULL, NULL);
	tongs_log_error("the number %d", 42);
	char large[5000];
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	tongs_log_error("%s", large);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_int_equal(strncmp(text, "tongs: error: the number 42\n", 28), 0);
	assert_null(strstr(text, "\n\n"));
	messages_capture();
	tongs_log_error("captured");
	messages_expect("captured");
}

/* Pages that cannot be checked are not accepted. */
static void no_file_descriptor_is_left(void **state) {
	(void)state;
	struct rlimit before, none;
	char bytes[16] = {0};
	assert_null(tongs_mapped_find_fault(bytes, sizeof(bytes), TONGS_MAPPED_WRITE));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	const char *fault = tongs_mapped_find_fault(bytes, sizeof(bytes), TONGS_MAPPED_WRITE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(fault);
	assert_null(tongs_mapped_find_fault(bytes, sizeof(bytes), TONGS_MAPPED_WRITE));
}

static void check_mapped(const void *pages, size_t size, bool readable, bool writable, bool pinned) {
	assert_int_equal(!tongs_mapped_find_fault(pages, size, TONGS_MAPPED_READ), readable);
	assert_int_equal(!tongs_mapped_find_fault(pages, size, TONGS_MAPPED_WRITE), writable);
	assert_int_equal(!tongs_mapped_find_fault(pages, size, TONGS_MAPPED_PIN), pinned);
}

/* The kinds of memory that a program may pass, and what each can be used for. */
static void mappings_are_distinguished(void **state) {
	(void)state;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const int both = PROT_READ | PROT_WRITE;
	char path[] = "/tmp/tongs-mapped-XXXXXX", on_stack[16], *on_heap = malloc(16);
	int file = mkstemp(path), memory = memfd_create("pages", 0);
	assert_true(file >= 0 && memory >= 0);
	unlink(path);
	assert_int_equal(ftruncate(file, (off_t)page) + ftruncate(memory, (off_t)page), 0);
	const struct {
		int protection, flags, fd;
		bool readable, writable, pinned;
	} rows[] = {
		{both, MAP_PRIVATE | MAP_ANONYMOUS, -1, true, true, true},
		{both, MAP_SHARED | MAP_ANONYMOUS, -1, true, true, true},
		{both, MAP_SHARED, memory, true, true, true},
		{both, MAP_PRIVATE, memory, true, true, true},
		{both, MAP_SHARED, file, true, true, false},
		{both, MAP_PRIVATE, file, true, true, false},
		{PROT_READ, MAP_PRIVATE, file, true, false, false},
		{PROT_READ, MAP_SHARED, memory, true, false, false},
		{PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, true, false, false},
		{PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, false, false, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *pages = mmap(NULL, page, rows[i].protection, rows[i].flags, rows[i].fd, 0);
		assert_ptr_not_equal(pages, MAP_FAILED);
		check_mapped(pages, page, rows[i].readable, rows[i].writable, rows[i].pinned);
		munmap(pages, page);
		check_mapped(pages, page, false, false, false);
	}
	/* The worst of a range counts, wherever it lies. */
	char *range = mmap(NULL, 3 * page, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(range, MAP_FAILED);
	check_mapped(range, 3 * page, true, true, true);
	assert_int_equal(mprotect(range + page, page, PROT_READ), 0);
	check_mapped(range, 3 * page, true, false, false);
	check_mapped(range, page, true, true, true);
	check_mapped(range + 2 * page, page, true, true, true);
	assert_ptr_equal(mmap(range + 2 * page, page, both, MAP_PRIVATE | MAP_FIXED, file, 0), range + 2 * page);
	assert_int_equal(mprotect(range + page, page, both), 0);
	check_mapped(range, 3 * page, true, true, false);
	check_mapped(range, 2 * page, true, true, true);
	munmap(range, 3 * page);
	check_mapped(on_stack, sizeof(on_stack), true, true, true);
	check_mapped(on_heap, 16, true, true, true);
	close(memory);
	close(file);
	free(on_heap);
}

static void version_is_that_of_the_header(void **state) {
	(void)state;
	char version[32];
	snprintf(version, sizeof(version), "%d.%d.%d", TONGS_VERSION_MAJOR, TONGS_VERSION_MINOR, TONGS_VERSION_PATCH);
	assert_string_equal(tongs_version(), version);
	assert_string_equal(tongs_version(), TONGS_VERSION);
}

int main(void) {
	/* Tests that fork come first, before the environment is read. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_limits_messages),
		cmocka_unit_test(stderr_without_a_callback),
		cmocka_unit_test(memory_is_zeroed),
		cmocka_unit_test(callbacks_are_honoured),
		cmocka_unit_test(pages_are_aligned),
		cmocka_unit_test(one_allocation_fails),
		cmocka_unit_test(no_file_descriptor_is_left),
		cmocka_unit_test(mappings_are_distinguished),
		cmocka_unit_test(mappings_are_distinguished),
		cmocka_unit_test(version_is_that_of_the_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
