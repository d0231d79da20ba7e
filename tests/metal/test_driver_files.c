/* SPDX-License-Identifier: MIT */
/* Driver memory: its file descriptors are few, also when the process has no more. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver_exports.h"

/* Some drivers hold a file descriptor for each export, others for each import. */
static size_t count_driver_fds(bool imports) {
	enum { COUNT = 8 };
	struct exported exported[COUNT];
	struct imported imported[COUNT];
	const size_t before = held_files();
	for (size_t i = 0; i < COUNT; i++)
		exported_init(&exported[i], false);
	const size_t by_exports = held_files() - before;
	for (size_t i = 0; imports && i < COUNT; i++)
		imported_init(&imported[i], &exported[i]);
	/* Each import leaves one for the next. */
	const size_t by_imports = imports ? held_files() - before - by_exports - COUNT : 0;
	for (size_t i = 0; i < COUNT; i++) {
		if (imports)
			imported_free(&imported[i]);
		exported_free(&exported[i], open_none);
		tongs_payload_unref(exported[i].payload);
	}
	return (imports ? by_imports : by_exports) >= COUNT;
}

static void set_file_limit(rlim_t count) {
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = count;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void thousands_of_exports_hold_no_file(void **state) {
	enum { COUNT = 4000 };
	static struct exported exported[COUNT];
	struct rlimit before;
	(void)state;
	if (count_driver_fds(false))
		skip();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	set_file_limit(1024);
	exported_init(&exported[0], false);
	const size_t files = held_files();
	for (size_t i = 1; i < COUNT; i++)
		exported_init(&exported[i], false);
	assert_int_equal(held_files(), files);
	/* Imports keep some for later ones. */
	for (size_t i = 0; i < COUNT; i++) {
		struct imported imported;
		imported_init(&imported, &exported[i]);
		imported_free(&imported);
	}
	assert_int_equal(held_files(), files + SPARE);
	for (size_t i = 0; i < COUNT; i++) {
		/* Nobody else uses it. */
		tongs_payload_unref(exported[i].payload);
		exported_free(&exported[i], open_none);
	}
	assert_int_equal(held_files(), files);
	set_file_limit(before.rlim_cur);
	assert_int_equal(errors, 0);
}

/* The first ones are kept as files, and the rest by libtongs' own device. Files that are kept for faster imports give
 * way. */
static void a_limited_number_is_kept_as_files(void **state) {
	enum { COUNT = KEPT + SPARE };
	static struct exported exported[COUNT], spare[SPARE];
	(void)state;
	REQUIRE_OWN();
	opened = 0;
	const bool imports_hold = count_driver_fds(true);
	const size_t files = held_files();
	for (size_t i = 0; i < SPARE; i++) {
		exported_init(&spare[i], false);
		write_noise(&gpus[0], spare[i].buffer, 0);
		check_bytes(&spare[i], 0);
	}
	for (size_t i = 0; i < COUNT; i++) {
		exported_init(&exported[i], false);
		write_noise(&gpus[0], exported[i].buffer, (uint32_t)i);
		exported_free(&exported[i], open_own);
		assert_int_equal(opened, i < KEPT ? 0 : i - KEPT + 1);
	}
	for (size_t i = 0; i < SPARE; i++) {
		tongs_payload_unref(spare[i].payload);
		exported_free(&spare[i], open_none);
	}
	if (!imports_hold)
		assert_int_equal(held_files(), files + KEPT);
	const size_t reachable = tongs_own_device_get_info(own)->reexports ? COUNT : KEPT;
	for (size_t i = 0; i < reachable; i++)
		check_bytes(&exported[i], (uint32_t)i);
	for (size_t i = 0; i < COUNT; i++)
		tongs_payload_unref(exported[i].payload);
	assert_int_equal(held_files(), files);
	assert_int_equal(errors, 0);
}

/* Takes every file descriptor that the process may still have. */
struct shortage {
	int fds[256];
	size_t count;
	rlim_t limit;
};

static void shortage_begin(struct shortage *shortage) {
	struct rlimit before;
	int fd;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	shortage->limit = before.rlim_cur;
	shortage->count = 0;
	int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(first >= 0);
	shortage->fds[shortage->count++] = first;
	set_file_limit((rlim_t)first + 64);
	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		shortage->fds[shortage->count++] = fd;
}

static void shortage_end(struct shortage *shortage) {
	set_file_limit(shortage->limit);
	while (shortage->count > 0)
		close(shortage->fds[--shortage->count]);
}

static void without_files_the_own_device_imports(void **state) {
	enum { COUNT = 3 };
	struct exported exported[COUNT];
	struct shortage shortage;
	(void)state;
	REQUIRE_OWN();
	if (!tongs_own_device_get_info(own)->reexports || count_driver_fds(true) || count_driver_fds(false))
		skip(); /* others cannot import what it imports; or the reserve is gone after the first */
	const size_t files = held_files();
	for (size_t i = 0; i < COUNT; i++) {
		exported_init(&exported[i], false);
		write_noise(&gpus[0], exported[i].buffer, (uint32_t)i);
	}
	shortage_begin(&shortage);
	for (size_t i = 0; i < COUNT; i++)
		exported_free(&exported[i], open_own);
	assert_int_equal(errors, 0);
	shortage_end(&shortage);
	for (size_t i = 0; i < COUNT; i++)
		check_bytes(&exported[i], (uint32_t)i);
	for (size_t i = 0; i < COUNT; i++)
		tongs_payload_unref(exported[i].payload);
	assert_int_equal(held_files(), files);
}

/* The reserve is enough for one payload, and a loss is logged. */
static void without_files_and_device_the_reserve_is_kept(void **state) {
	struct exported exported[2], later;
	struct shortage shortage;
	struct imported imported;
	(void)state;
	if (count_driver_fds(false))
		skip(); /* what is freed makes room */
	exported_init(&later, false);
	const size_t files = held_files();
	for (size_t i = 0; i < 2; i++) {
		exported_init(&exported[i], false);
		write_noise(&gpus[0], exported[i].buffer, (uint32_t)i + 6);
	}
	shortage_begin(&shortage);
	exported_free(&exported[0], open_none);
	assert_int_equal(errors, 0);
	exported_free(&exported[1], open_none);
	expect_error("are lost");
	shortage_end(&shortage);
	check_bytes(&exported[0], 6);
	assert_int_equal(try_import_payload(exported[1].payload, exported[1].info.memory_type, &imported),
		VK_ERROR_OUT_OF_DEVICE_MEMORY);
	tongs_payload_unref(exported[0].payload);
	tongs_payload_unref(exported[1].payload);
	/* The next export has a reserve again. */
	exported_init(&exported[0], false);
	exported_free(&exported[0], open_none);
	tongs_payload_unref(exported[0].payload);
	assert_int_equal(held_files(), files);
	exported_free(&later, open_none);
	tongs_payload_unref(later.payload);
}

/* What is kept for faster imports is used up first; then the error is Vulkan's, and nothing is lost. */
static void imports_without_files(void **state) {
	struct exported exported[2];
	struct tongs_import_info infos[3];
	struct shortage shortage;
	(void)state;
	const size_t files = held_files();
	for (size_t i = 0; i < 2; i++) {
		exported_init(&exported[i], false);
		write_noise(&gpus[0], exported[i].buffer, (uint32_t)i + 8);
		check_bytes(&exported[i], (uint32_t)i + 8);
	}
	shortage_begin(&shortage);
	const struct tongs_import *import = tongs_payload_get_import(exported[0].payload);
	for (size_t i = 0; i < LENGTH(infos); i++)
		assert_int_equal(import->kind->begin(import, 0, NULL, &infos[i]),
			i < 2 ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY);
	for (size_t i = 0; i < 2; i++)
		import->kind->end(&infos[i], VK_ERROR_OUT_OF_DEVICE_MEMORY);
	shortage_end(&shortage);
	for (size_t i = 0; i < 2; i++) {
		check_bytes(&exported[i], (uint32_t)i + 8);
		exported_free(&exported[i], open_none);
		check_bytes(&exported[i], (uint32_t)i + 8);
		tongs_payload_unref(exported[i].payload);
	}
	assert_int_equal(held_files(), files);
	assert_int_equal(errors, 0);
}

/* What it executes has none of the files. */
static void files_are_closed_on_exec(void **state) {
	const struct tongs_driver_memory_info info = {.size = 4096};
	struct tongs_payload *payload = tongs_driver_memory_create(&info);
	struct stat status, other;
	unsigned found = 0;
	const int file = make_file();
	(void)state;
	assert_non_null(payload);
	assert_int_equal(fstat(file, &status), 0);
	tongs_payload_ref(payload);
	tongs_driver_memory_attach(payload, gpus[0].device, (VkDeviceMemory)(uintptr_t)file, fake_get_fd);
	tongs_driver_memory_detach(payload, open_none, NULL);
	for (int fd = 0; fd < 1024; fd++) {
		if (fd == file || fstat(fd, &other) != 0 || other.st_ino != status.st_ino ||
			other.st_dev != status.st_dev)
			continue;
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		found++;
	}
	assert_int_equal(found, 1);
	tongs_payload_unref(payload);
	tongs_payload_unref(payload);
	close(file);
	assert_int_equal(errors, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(thousands_of_exports_hold_no_file),
		TEST(a_limited_number_is_kept_as_files),
		TEST(without_files_the_own_device_imports),
		TEST(without_files_and_device_the_reserve_is_kept),
		TEST(imports_without_files),
		TEST(files_are_closed_on_exec),
	};
	return cmocka_run_group_tests_name("metal: files of driver memory", tests, open_devices, close_devices);
}
