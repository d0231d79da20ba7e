/* SPDX-License-Identifier: MIT */
/* Unused own devices are destroyed after the delay, and not before. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dl_iterate_phdr; NOLINT(bugprone-reserved-identifier) */
#endif
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include "util/alloc.h"
#include "memory/payload.h"
#include "vulkan/driver.h"
#include "vulkan/own_device.h"
#include "vulkan/own_image.h"
#include "metal/device.h"
#include "cases.h"
#include "watch.h"

#define NEVER UINT64_MAX
#define MILLISECOND UINT64_C(1000000)

static const struct tongs_image_shape rgba8 = {
	.format = VK_FORMAT_R8G8B8A8_UNORM,
	.type = VK_IMAGE_TYPE_2D,
	.extent = {50, 30, 1},
	.levels = 1,
	.layers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.tiling = VK_IMAGE_TILING_OPTIMAL,
};

static size_t tasks_before, files_before, device_files_before, libraries_before;
static int instances_so_far; /* of the cases before */

static int count_library(struct dl_phdr_info *info, size_t size, void *count) {
	(void)info, (void)size;
	(*(size_t *)count)++;
	return 0;
}

static size_t count_libraries(void) {
	size_t count = 0;
	dl_iterate_phdr(count_library, &count);
	return count;
}

static int count_instances(void) {
	return instances_so_far + watch.instances_made;
}

/* Open files that are devices, as a GPU's driver has them. */
static size_t count_device_files(void) {
	enum { MOST = 1024 };
	size_t count = 0;
	struct stat about;
	for (int fd = 0; fd < MOST; fd++)
		count += fstat(fd, &about) == 0 && S_ISCHR(about.st_mode);
	return count;
}

/* All, but for the devices of a driver that libtongs loaded often, which stays loaded. */
static bool files_are_closed(void) {
	const bool kept = count_instances() > TONGS_DRIVER_MAX_LOADS && count_libraries() > libraries_before;
	return count_own("fd") == files_before + (kept ? count_device_files() - device_files_before : 0);
}

/* No device, instance, file, or thread of the driver or libtongs may be left after a test. */
static bool all_is_gone(void) {
	return watch.devices_gone == watch.devices_made && watch.instances_gone == watch.instances_made &&
	       count_own("task") == tasks_before && files_are_closed();
}

/* The entries of /proc/self/NAME, with what stands in, or behind, the file `detail` of each. */
static void print_own(const char *name, const char *detail) {
	char path[300], text[256];
	snprintf(path, sizeof(path), "/proc/self/%s", name);
	DIR *folder = opendir(path);
	for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
		snprintf(path, sizeof(path), "/proc/self/%s/%s%s", name, entry->d_name, detail);
		ssize_t length = readlink(path, text, sizeof(text) - 1);
		const int fd = length < 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd >= 0) {
			length = read(fd, text, sizeof(text) - 1);
			close(fd);
		}
		if (length > 0)
			print_message("%s %s: %.*s\n", name, entry->d_name, (int)length, text);
	}
	if (folder)
		closedir(folder);
}

/* Of a driver that keeps something, the test reports what. */
static void wait_until_all_is_gone(void) {
	enum { SECONDS = 30 };
	for (int i = 0; i < SECONDS * 1000 && !all_is_gone(); i++)
		nanosleep(&(struct timespec){.tv_nsec = MILLISECOND}, NULL);
	if (all_is_gone())
		return;
	print_own("task", "/comm");
	print_own("fd", "");
	fail_msg("after %d s: %d of %d instances, the latest of %d, and %d of %d devices are gone; "
		 "%zu threads were %zu, %zu files %zu, %zu libraries %zu",
		SECONDS, watch.instances_gone, watch.instances_made, count_instances(), watch.devices_gone,
		watch.devices_made, count_own("task"), tasks_before, count_own("fd"), files_before, count_libraries(),
		libraries_before);
}

static void let_all_go(void) {
	tongs_own_device_set_idle_delay(0);
	wait_until_all_is_gone();
}

static int setup(void **state) {
	(void)state;
	messages_capture();
	let_all_go();
	instances_so_far += watch.instances_made;
	watch.instances_made = watch.instances_gone = watch.devices_made = watch.devices_gone = 0;
	tongs_own_device_set_idle_delay(NEVER);
	return 0;
}

/* Opens a device and creates its VkDevice. */
static struct tongs_own_device *open_device(void) {
	struct tongs_own_device *dev = NULL;
	struct tongs_own_image_requirements requirements;
	assert_true(tongs_own_device_new_all(&dev, 1) >= 1);
	assert_non_null(dev);
	assert_true(tongs_own_image_query_requirements(dev, OWN_KIND(dev), &rgba8, 0, &requirements));
	assert_non_null(tongs_own_device_get_vk_device(dev));
	return dev;
}

static void an_unused_device_goes(void **state) {
	(void)state;
	struct tongs_own_device *dev = open_device(), *again = open_device();
	assert_ptr_equal(again, dev);
	assert_int_equal(watch.devices_made, 1);
	/* One instance for each driver, however many calls. */
	int instances = watch.instances_made;
	assert_int_equal(tongs_own_device_new_all(NULL, 0), tongs_own_device_new_all(NULL, 0));
	assert_int_equal(watch.instances_made, instances);
	tongs_own_device_unref(dev);
	tongs_own_device_unref(again);
	tongs_own_device_set_idle_delay(5 * MILLISECOND);
	wait_until_all_is_gone();
	assert_int_equal(watch.devices_gone, 1);
	assert_int_equal(watch.instances_gone, instances);

	/* The next one works, too. */
	tongs_own_device_unref(open_device());
	assert_int_equal(watch.devices_made, 2);
	let_all_go();
	messages_expect_none();
}

/* Including the commands and the staging buffer that copies create. */
static void a_device_that_has_copied_goes(void **state) {
	(void)state;
	struct tongs_device *device = tongs_device_new_default();
	assert_non_null(device);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float, 16, 16);
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	static const float noise[16 * 16] = {0.25f, 0.5f};
	float got[16 * 16] = {0};
	assert_non_null(texture);
	assert_true(tongs_texture_replace_region(texture, (MTLRegion){{0, 0, 0}, {16, 16, 1}}, 0, 0, noise, 64, 0));
	assert_true(tongs_texture_get_bytes(texture, got, 64, 0, (MTLRegion){{0, 0, 0}, {16, 16, 1}}, 0, 0));
	assert_memory_equal(got, noise, sizeof(got));
	tongs_device_unref(device);
	assert_int_equal(watch.devices_gone, 0);
	tongs_texture_unref(texture);
	let_all_go();
	assert_true(watch.devices_made > 0);
	messages_expect_none();
}

static void a_new_user_takes_it_back(void **state) {
	(void)state;
	struct tongs_own_device *dev = open_device();
	int instances = watch.instances_made;
	for (size_t i = 0; i < 100; i++) {
		tongs_own_device_unref(dev);
		assert_ptr_equal(open_device(), dev);
	}
	assert_int_equal(watch.instances_made, instances);
	assert_int_equal(watch.devices_made, 1);

	/* A device with references stays, however short the delay. */
	tongs_own_device_set_idle_delay(0);
	for (size_t i = 0; i < 100; i++) {
		struct tongs_own_device *other = open_device();
		assert_ptr_equal(other, dev);
		tongs_own_device_unref(other);
	}
	assert_int_equal(watch.devices_gone, 0);
	assert_int_equal(watch.instances_gone, 0);
	tongs_own_device_unref(dev);
	let_all_go();
	assert_int_equal(watch.devices_gone, 1);
	messages_expect_none();
}

/* Queries use the cached caps and do not create the device again. */
static void caps_stay(void **state) {
	(void)state;
	struct tongs_own_device *dev = open_device();
	const struct tongs_vk_id id = tongs_own_device_get_info(dev)->id;
	uint32_t types = tongs_own_device_get_memory_types(dev, OWN_KIND(dev));
	bool pointers = tongs_own_device_addresses_are_pointers(dev);
	tongs_own_device_unref(dev);
	let_all_go();
	int devices = watch.devices_made;

	dev = tongs_own_device_new_from_id(&id);
	assert_non_null(dev);
	assert_int_equal(tongs_own_device_get_memory_types(dev, OWN_KIND(dev)), types);
	assert_int_equal(tongs_own_device_addresses_are_pointers(dev), pointers);
	assert_int_equal(watch.devices_made, devices);
	tongs_own_device_unref(dev);
	let_all_go();
	messages_expect_none();
}

static void without_a_thread_it_stays(void **state) {
	(void)state;
	struct tongs_own_device *dev = open_device();
	tongs_own_device_set_idle_delay(0);
	watch.no_threads = true;
	tongs_own_device_unref(dev);
	assert_ptr_equal(open_device(), dev);
	tongs_own_device_unref(dev);
	watch.no_threads = false;
	assert_int_equal(watch.devices_gone, 0);
	assert_int_equal(watch.devices_made, 1);
	assert_ptr_equal(open_device(), dev);
	tongs_own_device_unref(dev);
	wait_until_all_is_gone();
	assert_int_equal(watch.devices_gone, 1);
	messages_expect_none();
}

static atomic_bool in_destroy, may_destroy;

static void stop_in_destroy(void) {
	in_destroy = true;
	while (!may_destroy)
		sched_yield();
}

static void no_stop(void) {
}

static bool is_in_destroy(void) {
	return in_destroy;
}

/* A device that is being destroyed is not found, and blocks no other. */
static void a_new_one_while_the_old_one_goes(void **state) {
	(void)state;
	in_destroy = may_destroy = false;
	watch.before_device_goes = stop_in_destroy;
	tongs_own_device_unref(open_device());
	int instances = watch.instances_made;
	tongs_own_device_set_idle_delay(0);
	wait_until(is_in_destroy);
	atomic_store(&watch.before_device_goes, no_stop);
	struct tongs_own_device *dev = open_device();
	assert_int_equal(watch.devices_made, 2);
	assert_int_equal(watch.devices_gone, 0);
	/* Both share one instance. */
	assert_int_equal(watch.instances_made, instances);
	tongs_own_device_unref(dev);
	may_destroy = true;
	wait_until_all_is_gone();
	assert_int_equal(watch.devices_gone, 2);
	assert_int_equal(watch.instances_gone, instances);
	messages_expect_none();
}

static void *let_destroy_later(void *user) {
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	may_destroy = true;
	return user;
}

/* fork() waits until the worker has unloaded the driver: the dynamic linker would be left half-way in the child. */
static void fork_waits_for_the_driver(void **state) {
	pthread_t thread;
	int status = 0;
	(void)state;
	in_destroy = may_destroy = false;
	watch.before_device_goes = stop_in_destroy;
	tongs_own_device_unref(open_device());
	tongs_own_device_set_idle_delay(0);
	wait_until(is_in_destroy);
	assert_int_equal(pthread_create(&thread, NULL, let_destroy_later, NULL), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(watch.devices_gone != watch.devices_made || watch.instances_gone != watch.instances_made);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	pthread_join(thread, NULL);
	atomic_store(&watch.before_device_goes, no_stop);
	wait_until_all_is_gone();
	messages_expect_none();
}

/* A driver that never returns does not prevent freed pages from being cleared. */
static void the_pool_goes_on_while_a_driver_is_stuck(void **state) {
	enum { SIZE = 8 << 20 }; /* too large to be cleared by the thread that takes it */
	(void)state;
	in_destroy = may_destroy = false;
	watch.before_device_goes = stop_in_destroy;
	tongs_own_device_unref(open_device());
	tongs_own_device_set_idle_delay(0);
	wait_until(is_in_destroy);
	nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
	struct tongs_payload *payload = tongs_payload_create(SIZE);
	assert_non_null(payload);
	char *contents = tongs_payload_get_contents(payload);
	memset(contents, 0xaa, SIZE);
	tongs_payload_unref(payload);
	payload = tongs_payload_create(SIZE);
	assert_non_null(payload);
	assert_ptr_equal(tongs_payload_get_contents(payload), contents);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(contents[i], 0);
	tongs_payload_unref(payload);
	assert_int_equal(watch.devices_gone, 0);
	may_destroy = true;
	atomic_store(&watch.before_device_goes, no_stop);
	wait_until_all_is_gone();
	messages_expect_none();
}

/* The ways to get a device's one Metal object; each returns a reference. */
static struct tongs_vk_id id_of_ways;

static struct tongs_device *by_default(void) {
	return tongs_device_new_default();
}

static struct tongs_device *among_all(void) {
	struct tongs_device *all[8];
	size_t count = tongs_device_new_all(all, LENGTH(all));
	for (size_t i = 1; i < count; i++)
		tongs_device_unref(all[i]);
	return count > 0 ? all[0] : NULL;
}

/* With room for fewer devices than there are. */
static struct tongs_device *the_first_of_all(void) {
	struct tongs_device *first = NULL;
	tongs_device_new_all(NULL, 0);
	return tongs_device_new_all(&first, 1) > 0 ? first : NULL;
}

static struct tongs_device *by_uuid(void) {
	return tongs_device_new_from_uuid(id_of_ways.device);
}

static struct tongs_device *by_uuids(void) {
	return tongs_device_new_from_uuids(id_of_ways.device, id_of_ways.driver);
}

static struct tongs_device *as_the_layer(void) {
	static const VkPhysicalDeviceMemoryProperties memory = {
		.memoryTypeCount = 1,
		.memoryTypes = {{.propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT}},
		.memoryHeapCount = 1,
		.memoryHeaps = {{.size = 1 << 20}},
	};
	const VkPhysicalDeviceProperties properties = {.deviceName = "the layer's", .apiVersion = VK_API_VERSION_1_3};
	const struct tongs_import_roles roles = only_pages();
	return tongs_interop_new_device(&id_of_ways, &properties, &memory, &roles);
}

static struct tongs_device *(*const ways[])(void) = {
	by_default, among_all, the_first_of_all, by_uuid, by_uuids, as_the_layer};

/* A Metal device holds one reference to its own device for its lifetime, however it was created and how often. */
static void an_object_uses_its_device_once(void **state) {
	(void)state;
	struct tongs_own_device *dev = open_device();
	id_of_ways = tongs_own_device_get_info(dev)->id;
	for (size_t i = 0; i < LENGTH(ways); i++) {
		for (size_t k = 0; k < LENGTH(ways); k++) {
			struct tongs_device *first = ways[i](), *second = ways[k]();
			assert_non_null(first);
			assert_ptr_equal(second, first);
			assert_ptr_equal(tongs_device_get_own_device(first), dev);
			assert_int_equal(tongs_own_device_count_references(dev), 2);
			tongs_device_unref(first);
			assert_int_equal(tongs_handle_kind(second), TONGS_KIND_DEVICE);
			assert_int_equal(tongs_own_device_count_references(dev), 2);
			tongs_device_unref(second);
			assert_int_equal(tongs_handle_kind(second), TONGS_KIND_NONE);
			assert_int_equal(tongs_own_device_count_references(dev), 1);
		}
	}
	tongs_own_device_unref(dev);
	let_all_go();
	messages_expect_none();
}

/* Without other references everything is destroyed after each way, and after getting the default device twice. */
static void devices_go_whoever_made_them(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(ways); i++) {
		for (size_t times = 1; times <= 3; times++) {
			struct tongs_device *devices[3];
			tongs_own_device_set_idle_delay(NEVER);
			for (size_t k = 0; k < times; k++) {
				devices[k] = ways[i]();
				assert_non_null(devices[k]);
			}
			assert_true(tongs_device_get_heap_buffer_size_and_align(devices[0], 64, 0).size >= 64);
			for (size_t k = 0; k < times; k++)
				tongs_device_unref(devices[k]);
			let_all_go();
		}
	}
	messages_expect_none();
}

/* Each allocation of each way fails once. */
static void devices_go_when_memory_runs_out(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(ways); i++) {
		bool failed = true;
		for (uint64_t n = 0; failed; n++) {
			assert_true(n < 200);
			tongs_alloc_fail_after(n);
			struct tongs_device *device = ways[i]();
			/* Some allocations may fail without an error. */
			failed = tongs_alloc_fail_after(UINT64_MAX) == UINT64_MAX;
			messages_take();
			tongs_device_unref(device);
		}
		let_all_go();
	}
}

static pthread_barrier_t both_add;

static void meet(void) {
	pthread_barrier_wait(&both_add);
}

static void *add(void *dev) {
	if (tongs_own_device_new_all(dev, 1) == 0)
		*(struct tongs_own_device **)dev = NULL;
	return NULL;
}

/* Two threads create the same device at the same time: one of the two is destroyed. */
static void a_device_that_two_threads_create(void **state) {
	(void)state;
	struct tongs_own_device *devices[2];
	pthread_t other;
	pthread_barrier_init(&both_add, NULL, 2);
	watch.before_device_is_added = meet;
	assert_int_equal(pthread_create(&other, NULL, add, &devices[1]), 0);
	add(&devices[0]);
	pthread_join(other, NULL);
	watch.before_device_is_added = no_stop;
	pthread_barrier_destroy(&both_add);
	assert_non_null(devices[0]);
	assert_ptr_equal(devices[1], devices[0]);
	assert_int_equal(tongs_own_device_count_references(devices[0]), 2);
	tongs_own_device_unref(devices[0]);
	tongs_own_device_unref(devices[1]);
	let_all_go();
	messages_expect_none();
}

enum { ROUNDS = 12, THREADS = 4 };

static pthread_barrier_t barrier;
static struct tongs_device *seen[THREADS];

static void *come_by_and_let_go(void *user) {
	size_t own = (size_t)((struct tongs_device **)user - seen);
	void *failed = NULL;
	for (size_t i = 0; i < 20 * ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		seen[own] = ways[(i / 7 + own * (i % 7)) % LENGTH(ways)]();
		/* Half of the threads start while others finish. */
		if (i % 2)
			pthread_barrier_wait(&barrier);
		for (size_t k = 0; i % 2 && k < THREADS; k++)
			if (!seen[k] || seen[k] != seen[own])
				failed = user;
		if (i % 2)
			pthread_barrier_wait(&barrier);
		if (!seen[own] || !tongs_device_get_own_device(seen[own]))
			failed = user;
		tongs_device_unref(seen[own]);
	}
	return failed;
}

static void devices_of_several_threads_at_once(void **state) {
	(void)state;
	pthread_t threads[THREADS];
	pthread_barrier_init(&barrier, NULL, THREADS);
	tongs_own_device_unref(open_device());
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_by_and_let_go, &seen[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	pthread_barrier_destroy(&barrier);
	let_all_go();
	messages_expect_none();
}

/* A failed query is not cached: the next one asks the driver again. */
static void failed_queries_are_repeated(void **state) {
	(void)state;
	static const VkResult results[] = {
		VK_ERROR_INITIALIZATION_FAILED,
		VK_ERROR_INCOMPATIBLE_DRIVER,
		VK_ERROR_OUT_OF_HOST_MEMORY,
		VK_ERROR_OUT_OF_DEVICE_MEMORY,
		VK_ERROR_EXTENSION_NOT_PRESENT,
		VK_ERROR_FEATURE_NOT_PRESENT,
		VK_ERROR_DEVICE_LOST,
		VK_ERROR_TOO_MANY_OBJECTS,
		VK_ERROR_UNKNOWN,
	};
	struct tongs_own_device *dev = open_device();
	const struct tongs_vk_id id = tongs_own_device_get_info(dev)->id;
	/* Types of driver memory are known without a query. */
	const struct tongs_import_kind *pages = tongs_import_find_used(&tongs_own_device_get_info(dev)->roles, false);
	if (!pages) {
		tongs_own_device_unref(dev);
		let_all_go();
		skip();
	}
	uint32_t types = tongs_own_device_get_memory_types(dev, pages);
	bool pointers = tongs_own_device_addresses_are_pointers(dev);
	tongs_own_device_unref(dev);
	struct tongs_own_caps *caps = tongs_own_caps_get(&id);
	for (size_t i = 0; i < LENGTH(results); i++) {
		caps->page_types = 0;
		caps->addresses_are_pointers = TONGS_TRISTATE_UNKNOWN;
		let_all_go();
		tongs_own_device_set_idle_delay(NEVER);
		watch.instance_result = results[i];
		assert_null(tongs_own_device_new_from_id(&id));
		assert_null(tongs_device_new_default());
		assert_true(messages_take() > 0);
		watch.instance_result = VK_SUCCESS;

		watch.device_result = results[i];
		dev = tongs_own_device_new_from_id(&id);
		assert_non_null(dev);
		assert_false(tongs_own_device_addresses_are_pointers(dev));
		assert_int_equal(tongs_own_device_get_memory_types(dev, pages), 0);
		messages_expect("cannot create a VkDevice");
		watch.device_result = VK_SUCCESS;

		assert_int_equal(caps->page_types, 0);
		assert_int_equal(caps->addresses_are_pointers, TONGS_TRISTATE_UNKNOWN);
		assert_int_equal(tongs_own_device_addresses_are_pointers(dev), pointers);
		assert_int_equal(tongs_own_device_get_memory_types(dev, pages), types);
		tongs_own_device_unref(dev);
		messages_expect_none();
	}
	let_all_go();
}

static void *make_query_let_go(void *user) {
	uint32_t random = *(uint32_t *)user;
	for (size_t i = 0; i < ROUNDS; i++) {
		struct tongs_own_device *dev = NULL;
		struct tongs_own_image_requirements requirements;
		struct tongs_image_shape shape = rgba8;
		shape.extent.width += (uint32_t)i;
		if (tongs_own_device_new_all(&dev, 1) == 0 ||
			!tongs_own_image_query_requirements(dev, OWN_KIND(dev), &shape, 0, &requirements))
			return user;
		tongs_own_device_set_idle_delay(next_random(&random) % (2 * MILLISECOND));
		tongs_own_device_unref(dev);
		nanosleep(&(struct timespec){.tv_nsec = next_random(&random) % (3 * MILLISECOND)}, NULL);
	}
	return NULL;
}

static void many_rounds_from_many_threads(void **state) {
	(void)state;
	pthread_t threads[THREADS];
	uint32_t seeds[THREADS];
	for (uint32_t i = 0; i < THREADS; i++) {
		seeds[i] = i + 1;
		assert_int_equal(pthread_create(&threads[i], NULL, make_query_let_go, &seeds[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	let_all_go();
	messages_expect_none();
}

static void *nothing(void *user) {
	return user;
}

int main(int argc, char **argv) {
	(void)argc;
	/* ThreadSanitizer starts a thread of its own with the first one. */
	pthread_t thread;
	if (pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_join(thread, NULL);
	tasks_before = count_own("task");
	files_before = count_own("fd");
	device_files_before = count_device_files();
	libraries_before = count_libraries();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_unused_device_goes, setup),
		cmocka_unit_test_setup(a_device_that_has_copied_goes, setup),
		cmocka_unit_test_setup(a_new_user_takes_it_back, setup),
		cmocka_unit_test_setup(caps_stay, setup),
		cmocka_unit_test_setup(without_a_thread_it_stays, setup),
		cmocka_unit_test_setup(a_new_one_while_the_old_one_goes, setup),
		cmocka_unit_test_setup(fork_waits_for_the_driver, setup),
		cmocka_unit_test_setup(the_pool_goes_on_while_a_driver_is_stuck, setup),
		cmocka_unit_test_setup(many_rounds_from_many_threads, setup),
		cmocka_unit_test_setup(an_object_uses_its_device_once, setup),
		cmocka_unit_test_setup(devices_go_whoever_made_them, setup),
		cmocka_unit_test_setup(devices_go_when_memory_runs_out, setup),
		cmocka_unit_test_setup(a_device_that_two_threads_create, setup),
		cmocka_unit_test_setup(devices_of_several_threads_at_once, setup),
		cmocka_unit_test_setup(failed_queries_are_repeated, setup),
	};
	return cases_run("metal: reaper", tests, LENGTH(tests), argv + 1);
}
