/* SPDX-License-Identifier: MIT */
/* Driver memory: its bytes stay while anything uses them, whatever is freed first, and file descriptors are few, also
 * when the process has no more. Exporter and importer are VkDevices of two instances without Tongs; where libtongs uses
 * driver memory on the device, its own device is a third. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../layer/harness.h"
#include "../layer/held.h"
#include "memory/driver_memory.h"
#include "util/alloc.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* SPARE and KEPT are MAX_SPARE_FDS and MAX_KEPT_FDS. */
enum { SIZE = 20000, SPARE = 128, KEPT = 512 };

static struct gpu gpus[2];
static struct tongs_own_device *own; /* NULL: it shares no driver memory */
static PFN_vkGetMemoryFdKHR get_fd;
static char last_error[512];
static atomic_uint errors;

static void on_log(enum tongs_message_severity severity, const char *text, void *user) {
	(void)user;
	(void)severity;
	snprintf(last_error, sizeof(last_error), "%s", text);
	errors++;
}

static void expect_error(const char *text) {
	if (errors != 1 || !strstr(last_error, text))
		fail_msg("one error with `%s' was expected; the last of %u: %s", text, errors, last_error);
	errors = 0;
}

static int init(void **state) {
	(void)state;
	for (int i = 0; i < 2; i++)
		gpu_init(&gpus[i], &(struct gpu_options){.without_extension = true, .with_fd = true});
	get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(gpus[0].device, "vkGetMemoryFdKHR");
	assert_non_null(get_fd);
	assert_true(tongs_own_device_new_all(&own, 1) >= 1);
	assert_non_null(tongs_own_device_get_vk_device(own));
	if (!tongs_import_find_used(&tongs_own_device_get_info(own)->roles, true)) {
		tongs_own_device_unref(own);
		own = NULL;
	}
	tongs_set_message_callback(on_log, NULL);
	return 0;
}

static int finish(void **state) {
	(void)state;
	tongs_own_device_unref(own);
	for (int i = 0; i < 2; i++)
		gpu_finish(&gpus[i]);
	return 0;
}

static int begin_test(void **state) {
	(void)state;
	errors = 0;
	return 0;
}

/* Mappings and imports of libtongs' own device require that it uses driver memory. */
#define REQUIRE_OWN() \
	do { \
		if (!own) \
			skip(); \
	} while (0)

static unsigned opened; /* calls of open_own */

static struct tongs_own_device *open_own(void *user) {
	(void)user;
	opened++;
	return own;
}

static struct tongs_own_device *open_none(void *user) {
	(void)user;
	opened++;
	return NULL;
}

/* Memory of gpus[0] with a buffer in it, and its payload with two references: the memory's and a Metal object's. */
struct exported {
	VkBuffer buffer;
	VkDeviceMemory memory;
	struct tongs_payload *payload;
	struct tongs_driver_memory_info info;
};

static VkBuffer make_fd_buffer(struct gpu *gpu, VkMemoryRequirements *requirements) {
	VkBuffer buffer = make_buffer(gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
	vkGetBufferMemoryRequirements(gpu->device, buffer, requirements);
	return buffer;
}

/* Without Vulkan memory yet. */
static void exported_create(struct exported *exported, bool mapped) {
	VkMemoryRequirements requirements;
	exported->buffer = make_fd_buffer(&gpus[0], &requirements);
	const uint32_t type = mapped ? pick_mapped(&gpus[0], requirements.memoryTypeBits)
				     : pick_type(&gpus[0], requirements.memoryTypeBits, 0);
	exported->info = (struct tongs_driver_memory_info){
		.size = requirements.size,
		.memory_type = type,
		.host_visible = is_mapped(&gpus[0], type),
	};
	exported->memory = VK_NULL_HANDLE;
	exported->payload = tongs_driver_memory_create(&exported->info);
	assert_non_null(exported->payload);
	tongs_payload_ref(exported->payload);
}

static void exported_attach(struct exported *exported) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = exported->info.size,
		.memoryTypeIndex = exported->info.memory_type,
	};
	assert_vk(vkAllocateMemory(gpus[0].device, &info, NULL, &exported->memory));
	assert_vk(vkBindBufferMemory(gpus[0].device, exported->buffer, exported->memory, 0));
	tongs_driver_memory_attach(exported->payload, gpus[0].device, exported->memory, get_fd);
}

static void exported_init(struct exported *exported, bool mapped) {
	exported_create(exported, mapped);
	exported_attach(exported);
}

/* As vkFreeMemory does. */
static void exported_free(struct exported *exported, struct tongs_own_device *(*open_device)(void *user)) {
	tongs_driver_memory_detach(exported->payload, open_device, NULL);
	vkDestroyBuffer(gpus[0].device, exported->buffer, NULL);
	vkFreeMemory(gpus[0].device, exported->memory, NULL);
	tongs_payload_unref(exported->payload);
}

/* An import into gpus[1] with a buffer. */
struct imported {
	VkBuffer buffer;
	VkDeviceMemory memory;
};

static VkResult try_import_payload(struct tongs_payload *payload, uint32_t type, struct imported *imported) {
	const struct tongs_import *import = tongs_payload_get_import(payload);
	struct tongs_import_info import_info;
	VkMemoryRequirements requirements;
	VkResult result = import->kind->begin(import, 0, NULL, &import_info);
	if (result != VK_SUCCESS)
		return result;
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import_info.head,
		.allocationSize = import->size,
		.memoryTypeIndex = type,
	};
	result = vkAllocateMemory(gpus[1].device, &info, NULL, &imported->memory);
	import->kind->end(&import_info, result);
	if (result != VK_SUCCESS)
		return result;
	imported->buffer = make_fd_buffer(&gpus[1], &requirements);
	assert_vk(vkBindBufferMemory(gpus[1].device, imported->buffer, imported->memory, 0));
	return VK_SUCCESS;
}

static void imported_init(struct imported *imported, const struct exported *exported) {
	assert_vk(try_import_payload(exported->payload, exported->info.memory_type, imported));
}

static void imported_free(struct imported *imported) {
	vkDestroyBuffer(gpus[1].device, imported->buffer, NULL);
	vkFreeMemory(gpus[1].device, imported->memory, NULL);
}

static void write_noise(struct gpu *gpu, VkBuffer buffer, uint32_t seed) {
	static char noise[SIZE];
	fill_noise(noise, SIZE, seed);
	gpu_write_buffer(gpu, buffer, 0, noise, SIZE);
}

static void check_noise(struct gpu *gpu, VkBuffer buffer, uint32_t seed) {
	static char noise[SIZE], seen[SIZE];
	fill_noise(noise, SIZE, seed);
	gpu_read_buffer(gpu, buffer, 0, seen, SIZE);
	assert_memory_equal(seen, noise, SIZE);
}

static void check_bytes(const struct exported *exported, uint32_t seed) {
	struct imported imported;
	imported_init(&imported, exported);
	check_noise(&gpus[1], imported.buffer, seed);
	imported_free(&imported);
}

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

static void it_describes_its_import(void **state) {
	const VkBaseInStructure next = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
	struct exported exported;
	struct tongs_import_info info;
	uint32_t types = 0;
	(void)state;
	exported_init(&exported, true);
	const struct tongs_import *import = tongs_payload_get_import(exported.payload);
	assert_ptr_equal(import->kind, tongs_import_get_kind(true));
	assert_true(import->kind->allocated_by_device);
	assert_true(tongs_payload_is_driver_memory(exported.payload));
	assert_null(import->contents);
	assert_int_equal(import->size, exported.info.size);
	assert_false(import->dedicated);
	assert_int_equal(tongs_payload_get_storage_mode(exported.payload), MTLStorageModeShared);
	assert_int_equal(tongs_driver_memory_get_types(exported.payload), 1u << exported.info.memory_type);
	assert_vk(import->kind->query_memory_types(NULL, VK_NULL_HANDLE, import, 0, &types));
	assert_int_equal(types, 1u << exported.info.memory_type);
	assert_int_equal(import->kind->query_alignment(NULL, VK_NULL_HANDLE), 1);
	assert_null(tongs_payload_find_pin_fault(exported.payload, 0, 1));

	assert_vk(import->kind->begin(import, 0, &next, &info));
	const VkImportMemoryFdInfoKHR *fd = info.head;
	assert_int_equal(fd->sType, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
	assert_ptr_equal(fd->pNext, &next);
	assert_int_equal(fd->handleType, import->kind->handle_type);
	assert_int_equal(fd->fd, info.fd);
	assert_int_equal(fcntl(fd->fd, F_GETFD), FD_CLOEXEC);
	import->kind->end(&info, VK_ERROR_OUT_OF_DEVICE_MEMORY);
	assert_int_equal(fcntl(info.fd, F_GETFD), -1);

	exported_free(&exported, open_none);
	tongs_payload_unref(exported.payload);

	const struct tongs_driver_memory_info dedicated = {.size = 4096, .memory_type = 7, .dedicated = true};
	struct tongs_payload *payload = tongs_driver_memory_create(&dedicated);
	assert_non_null(payload);
	assert_int_equal(tongs_payload_get_storage_mode(payload), MTLStorageModePrivate);
	assert_true(tongs_payload_get_import(payload)->dedicated);
	assert_int_equal(tongs_driver_memory_get_types(payload), 1u << 7);
	assert_null(tongs_payload_map(payload, NULL));
	tongs_payload_unref(payload);
	assert_int_equal(errors, 0);
}

static void what_is_not_attached_cannot_be_imported(void **state) {
	struct exported exported;
	struct imported imported;
	(void)state;
	exported_create(&exported, true);
	const size_t files = held_files();
	assert_int_equal(try_import_payload(exported.payload, 0, &imported), VK_ERROR_OUT_OF_DEVICE_MEMORY);
	if (own) {
		assert_null(tongs_payload_map(exported.payload, own));
		expect_error("cannot be mapped");
	}
	assert_int_equal(held_files(), files);
	exported_attach(&exported);
	write_noise(&gpus[0], exported.buffer, 1);
	check_bytes(&exported, 1);
	exported_free(&exported, open_none);
	tongs_payload_unref(exported.payload);

	exported_create(&exported, true);
	/* An allocation that failed. */
	tongs_driver_memory_detach(exported.payload, open_none, NULL);
	expect_error("are lost");
	assert_int_equal(try_import_payload(exported.payload, 0, &imported), VK_ERROR_OUT_OF_DEVICE_MEMORY);
	vkDestroyBuffer(gpus[0].device, exported.buffer, NULL);
	tongs_payload_unref(exported.payload);
	tongs_payload_unref(exported.payload);
}

static void two_devices_see_the_same_bytes(void **state) {
	(void)state;
	for (int mapped = 0; mapped < 2; mapped++) {
		struct exported exported;
		struct imported imported;
		exported_init(&exported, mapped);
		imported_init(&imported, &exported);
		write_noise(&gpus[0], exported.buffer, 2);
		check_noise(&gpus[1], imported.buffer, 2);
		write_noise(&gpus[1], imported.buffer, 3);
		check_noise(&gpus[0], exported.buffer, 3);
		exported_free(&exported, open_none);
		check_noise(&gpus[1], imported.buffer, 3);
		check_bytes(&exported, 3);
		imported_free(&imported);
		check_bytes(&exported, 3);
		tongs_payload_unref(exported.payload);
	}
	assert_int_equal(errors, 0);
}

enum event { FREE_EXPORT, FREE_IMPORT, RELEASE, MAP, EVENTS };

/* What is left sees the bytes; in the end no file is. */
static void run_events(const enum event *order) {
	struct exported exported;
	struct imported imported;
	bool done[EVENTS] = {false};
	const size_t files = held_files();
	exported_init(&exported, true);
	write_noise(&gpus[0], exported.buffer, 4);
	imported_init(&imported, &exported);
	for (size_t i = 0; i < EVENTS; i++) {
		done[order[i]] = true;
		if (order[i] == FREE_EXPORT)
			exported_free(&exported, open_none);
		else if (order[i] == FREE_IMPORT)
			imported_free(&imported);
		else if (order[i] == RELEASE)
			tongs_payload_unref(exported.payload);
		else if (own && (!done[RELEASE] || !done[FREE_EXPORT]))
			assert_non_null(tongs_payload_map(exported.payload, own));
		if (!done[FREE_EXPORT])
			check_noise(&gpus[0], exported.buffer, 4);
		if (!done[FREE_IMPORT])
			check_noise(&gpus[1], imported.buffer, 4);
		if (!done[RELEASE])
			check_bytes(&exported, 4);
	}
	assert_int_equal(held_files(), files);
}

static void any_order_of_release(void **state) {
	(void)state;
	for (size_t code = 0; code < 256; code++) {
		enum event order[EVENTS];
		unsigned seen = 0;
		for (size_t i = 0; i < EVENTS; i++) {
			order[i] = (enum event)(code >> 2 * i & 3);
			seen |= 1u << order[i];
		}
		if (seen == (1u << EVENTS) - 1)
			run_events(order);
	}
	assert_int_equal(errors, 0);
}

static void bytes_outlive_the_device_and_the_instance(void **state) {
	struct exported exported;
	(void)state;
	exported_init(&exported, false);
	write_noise(&gpus[0], exported.buffer, 5);
	exported_free(&exported, open_none);
	gpu_finish(&gpus[0]);
	check_bytes(&exported, 5);
	check_bytes(&exported, 5);
	tongs_payload_unref(exported.payload);
	gpu_init(&gpus[0], &(struct gpu_options){.without_extension = true, .with_fd = true});
	get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(gpus[0].device, "vkGetMemoryFdKHR");
	assert_int_equal(errors, 0);
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

static VkResult get_fd_result;
static unsigned get_fd_calls;

static VKAPI_ATTR VkResult VKAPI_CALL failing_get_fd(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd) {
	(void)device;
	(void)info;
	*fd = -1;
	get_fd_calls++;
	return get_fd_result;
}

static void a_failing_export_is_reported(void **state) {
	static const VkResult results[][2] = {
		{VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_HOST_MEMORY},
		{VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_OUT_OF_DEVICE_MEMORY},
		{VK_ERROR_TOO_MANY_OBJECTS, VK_ERROR_OUT_OF_HOST_MEMORY},
		{VK_ERROR_INITIALIZATION_FAILED, VK_ERROR_OUT_OF_HOST_MEMORY}, /* NVIDIA's */
		{VK_SUCCESS, VK_ERROR_OUT_OF_HOST_MEMORY},                     /* without one */
	};
	const struct tongs_driver_memory_info info = {.size = 4096};
	(void)state;
	for (size_t i = 0; i < LENGTH(results); i++) {
		struct tongs_payload *payload = tongs_driver_memory_create(&info);
		struct imported imported;
		assert_non_null(payload);
		tongs_driver_memory_attach(payload, gpus[0].device, (VkDeviceMemory)(uintptr_t)1, failing_get_fd);
		const size_t files = held_files();
		get_fd_result = results[i][0];
		get_fd_calls = 0;
		assert_int_equal(try_import_payload(payload, 0, &imported), results[i][1]);
		assert_true(get_fd_calls > 0);
		assert_int_equal(held_files(), files);
		tongs_payload_ref(payload);
		tongs_driver_memory_detach(payload, open_none, NULL);
		expect_error("4096 bytes of freed device memory are lost");
		assert_int_equal(held_files(), files);
		tongs_payload_unref(payload);
		tongs_payload_unref(payload);
	}
}

/* A memory file stands for each payload, so that no driver is slow or takes locks of its own. */
static VKAPI_ATTR VkResult VKAPI_CALL fake_get_fd(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd) {
	(void)device;
	*fd = fcntl((int)(uintptr_t)info->memory, F_DUPFD, 0);
	return *fd >= 0 ? VK_SUCCESS : VK_ERROR_TOO_MANY_OBJECTS;
}

static int make_file(void) {
	FILE *file = tmpfile();
	assert_non_null(file);
	int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
	fclose(file);
	assert_true(fd >= 0);
	return fd;
}

struct importer {
	pthread_t thread;
	struct tongs_payload *payload; /* a reference */
	ino_t inode;
	atomic_uint *running;
	size_t wrong;
};

static void *import_repeatedly(void *user) {
	struct importer *importer = user;
	const struct tongs_import *import = tongs_payload_get_import(importer->payload);
	++*importer->running;
	for (size_t i = 0; i < 200; i++) {
		struct tongs_import_info info;
		struct stat status;
		if (import->kind->begin(import, 0, NULL, &info) != VK_SUCCESS) {
			importer->wrong++;
			continue;
		}
		importer->wrong += fstat(info.fd, &status) != 0 || status.st_ino != importer->inode;
		import->kind->end(&info, VK_ERROR_OUT_OF_DEVICE_MEMORY);
	}
	tongs_payload_unref(importer->payload);
	return NULL;
}

static void threads_import_while_another_detaches(void **state) {
	const struct tongs_driver_memory_info info = {.size = 4096};
	struct importer importers[3];
	(void)state;
	const size_t files = held_files();
	for (size_t round = 0; round < 50; round++) {
		struct tongs_payload *payload = tongs_driver_memory_create(&info);
		struct stat status;
		atomic_uint running = 0;
		const int file = make_file();
		assert_non_null(payload);
		assert_int_equal(fstat(file, &status), 0);
		tongs_driver_memory_attach(payload, gpus[0].device, (VkDeviceMemory)(uintptr_t)file, fake_get_fd);
		for (size_t i = 0; i < LENGTH(importers); i++) {
			importers[i] = (struct importer){
				.payload = tongs_payload_ref(payload),
				.inode = status.st_ino,
				.running = &running,
			};
			assert_int_equal(
				pthread_create(&importers[i].thread, NULL, import_repeatedly, &importers[i]), 0);
		}
		while (running < LENGTH(importers))
			;
		tongs_driver_memory_detach(payload, open_none, NULL);
		close(file);
		tongs_payload_unref(payload);
		for (size_t i = 0; i < LENGTH(importers); i++) {
			pthread_join(importers[i].thread, NULL);
			assert_int_equal(importers[i].wrong, 0);
		}
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

static void a_child_has_the_bytes(void **state) {
	const struct tongs_driver_memory_info info = {.size = 4096};
	struct tongs_payload *attached = tongs_driver_memory_create(&info),
			     *detached = tongs_driver_memory_create(&info);
	const int file = make_file();
	(void)state;
	assert_non_null(attached);
	assert_non_null(detached);
	tongs_payload_ref(detached);
	tongs_driver_memory_attach(attached, gpus[0].device, (VkDeviceMemory)(uintptr_t)file, fake_get_fd);
	tongs_driver_memory_attach(detached, gpus[0].device, (VkDeviceMemory)(uintptr_t)file, fake_get_fd);
	tongs_driver_memory_detach(detached, open_none, NULL);
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct tongs_payload *payloads[] = {attached, detached};
		const size_t files = held_files();
		int wrong = 0;
		for (size_t i = 0; i < 2; i++) {
			const struct tongs_import *import = tongs_payload_get_import(payloads[i]);
			struct tongs_import_info import_info;
			struct stat here, there;
			if (import->kind->begin(import, 0, NULL, &import_info) != VK_SUCCESS) {
				wrong = 1;
				continue;
			}
			wrong |= fstat(import_info.fd, &there) != 0 || fstat(file, &here) != 0 ||
				 here.st_ino != there.st_ino;
			import->kind->end(&import_info, VK_ERROR_OUT_OF_DEVICE_MEMORY);
		}
		tongs_driver_memory_detach(attached, open_none, NULL);
		tongs_payload_unref(attached);
		tongs_payload_unref(detached);
		tongs_payload_unref(detached);
		_exit(wrong || held_files() != files - 1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	tongs_driver_memory_detach(attached, open_none, NULL);
	tongs_payload_unref(attached);
	tongs_payload_unref(detached);
	tongs_payload_unref(detached);
	close(file);
	assert_int_equal(errors, 0);
}

static VkImage make_fd_image(struct gpu *gpu, const VkImageCreateInfo *shape, VkMemoryRequirements *requirements) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	VkImageCreateInfo info = *shape;
	VkImage image;
	info.pNext = &external;
	assert_vk(vkCreateImage(gpu->device, &info, NULL, &image));
	vkGetImageMemoryRequirements(gpu->device, image, requirements);
	return image;
}

/* Payloads whose only bytes are files, as many as there may be. */
static void take_files(struct tongs_payload *payloads[KEPT]) {
	const struct tongs_driver_memory_info info = {.size = 4096};
	const int file = make_file();
	for (size_t i = 0; i < KEPT; i++) {
		payloads[i] = tongs_driver_memory_create(&info);
		assert_non_null(payloads[i]);
		tongs_payload_ref(payloads[i]);
		tongs_driver_memory_attach(payloads[i], gpus[0].device, (VkDeviceMemory)(uintptr_t)file, fake_get_fd);
		tongs_driver_memory_detach(payloads[i], open_none, NULL);
		tongs_payload_unref(payloads[i]);
	}
	close(file);
}

/* Though the own device's import is not dedicated. */
static void dedicated_memory_stays_dedicated(void **state) {
	enum { WIDTH = 60, HEIGHT = 44, BYTES = WIDTH * HEIGHT * 4 };
	static char noise[BYTES], seen[BYTES];
	struct tongs_payload *others[KEPT];
	VkMemoryRequirements requirements;
	VkDeviceMemory memory[2];
	VkImage image[2];
	(void)state;
	REQUIRE_OWN();
	if (!tongs_own_device_get_info(own)->reexports)
		skip(); /* others cannot import what it imports */
	const size_t files = held_files();
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	for (int i = 0; i < 2; i++)
		image[i] = make_fd_image(&gpus[i], &info, &requirements);
	const struct tongs_driver_memory_info driver_info = {
		.size = requirements.size,
		.memory_type = pick_type(&gpus[0], requirements.memoryTypeBits, 0),
		.dedicated = true,
	};
	struct tongs_payload *payload = tongs_driver_memory_create(&driver_info);
	assert_non_null(payload);
	VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image[0],
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = &dedicated,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	VkMemoryAllocateInfo allocation = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = requirements.size,
		.memoryTypeIndex = driver_info.memory_type,
	};
	assert_vk(vkAllocateMemory(gpus[0].device, &allocation, NULL, &memory[0]));
	assert_vk(vkBindImageMemory(gpus[0].device, image[0], memory[0], 0));
	fill_noise(noise, BYTES, 14);
	gpu_write_image(&gpus[0], image[0], WIDTH, HEIGHT, noise, BYTES);
	tongs_driver_memory_attach(payload, gpus[0].device, memory[0], get_fd);
	tongs_payload_ref(payload);
	take_files(others);
	opened = 0;
	tongs_driver_memory_detach(payload, open_own, NULL);
	assert_int_equal(opened, 1);
	vkDestroyImage(gpus[0].device, image[0], NULL);
	vkFreeMemory(gpus[0].device, memory[0], NULL);
	for (size_t i = 0; i < KEPT; i++)
		tongs_payload_unref(others[i]);

	const struct tongs_import *import = tongs_payload_get_import(payload);
	struct tongs_import_info import_info;
	dedicated.image = image[1];
	assert_vk(import->kind->begin(import, 0, &dedicated, &import_info));
	allocation.pNext = import_info.head;
	VkResult result = vkAllocateMemory(gpus[1].device, &allocation, NULL, &memory[1]);
	import->kind->end(&import_info, result);
	assert_vk(result);
	assert_vk(vkBindImageMemory(gpus[1].device, image[1], memory[1], 0));
	gpu_acquire_image(&gpus[1], image[1]);
	gpu_read_image(&gpus[1], image[1], WIDTH, HEIGHT, seen, BYTES);
	assert_memory_equal(seen, noise, BYTES);
	vkDestroyImage(gpus[1].device, image[1], NULL);
	vkFreeMemory(gpus[1].device, memory[1], NULL);
	tongs_payload_unref(payload);
	tongs_payload_unref(payload);
	assert_int_equal(held_files(), files);
	assert_int_equal(errors, 0);
}

static void *map_it(void *user) {
	return tongs_payload_map(user, own);
}

static void contents_are_mapped_once(void **state) {
	struct exported exported;
	pthread_t threads[4];
	static char noise[SIZE];
	(void)state;
	REQUIRE_OWN();
	exported_init(&exported, true);
	assert_null(tongs_payload_map(exported.payload, NULL));
	write_noise(&gpus[0], exported.buffer, 10);
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, map_it, exported.payload), 0);
	void *contents = tongs_payload_map(exported.payload, own);
	assert_non_null(contents);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *there;
		pthread_join(threads[i], &there);
		assert_ptr_equal(there, contents);
	}
	assert_ptr_equal(tongs_payload_map(exported.payload, NULL), contents);
	fill_noise(noise, SIZE, 10);
	assert_memory_equal(contents, noise, SIZE);
	fill_noise(contents, SIZE, 11);
	check_noise(&gpus[0], exported.buffer, 11);
	/* The mapping stays. */
	exported_free(&exported, open_none);
	assert_ptr_equal(tongs_payload_map(exported.payload, own), contents);
	fill_noise(noise, SIZE, 11);
	assert_memory_equal(contents, noise, SIZE);
	check_bytes(&exported, 11);
	tongs_payload_unref(exported.payload);
	assert_int_equal(errors, 0);
}

static void memory_of_the_own_device(void **state) {
	struct exported exported;
	struct imported imported;
	VkMemoryRequirements requirements;
	(void)state;
	REQUIRE_OWN();
	for (int visible = 0; visible < 2; visible++) {
		struct tongs_own_memory memory;
		assert_true(tongs_own_device_query_buffer_requirements(own, TONGS_ROLE_OPTIMAL, SIZE, &requirements));
		const int type = tongs_own_device_choose_driver_type(own, requirements.memoryTypeBits, visible);
		if (type < 0)
			continue;
		const size_t files = held_files(), references = tongs_own_device_count_references(own);
		exported.info = (struct tongs_driver_memory_info){
			.size = requirements.size,
			.memory_type = (uint32_t)type,
			.host_visible = is_mapped(&gpus[0], (uint32_t)type),
		};
		/* Whoever wraps it, gives it away, also in vain. */
		assert_vk(tongs_own_memory_allocate(
			own, exported.info.size, exported.info.memory_type, VK_NULL_HANDLE, &memory));
		tongs_alloc_fail_after(0);
		assert_null(tongs_driver_memory_wrap(&exported.info, &memory));
		tongs_alloc_fail_after(UINT64_MAX);
		assert_null(memory.dev);
		assert_int_equal(tongs_own_device_count_references(own), references);
		assert_vk(tongs_own_memory_allocate(
			own, exported.info.size, exported.info.memory_type, VK_NULL_HANDLE, &memory));
		exported.payload = tongs_driver_memory_wrap(&exported.info, &memory);
		assert_non_null(exported.payload);
		assert_null(memory.dev);
		imported_init(&imported, &exported);
		write_noise(&gpus[1], imported.buffer, 12);
		if (exported.info.host_visible) {
			static char noise[SIZE];
			char *contents = tongs_payload_map(exported.payload, own);
			assert_non_null(contents);
			fill_noise(noise, SIZE, 12);
			assert_memory_equal(contents, noise, SIZE);
			fill_noise(contents, SIZE, 13);
			check_noise(&gpus[1], imported.buffer, 13);
		} else {
			assert_null(tongs_payload_map(exported.payload, own));
			check_bytes(&exported, 12);
		}
		tongs_payload_unref(exported.payload);
		check_noise(&gpus[1], imported.buffer, exported.info.host_visible ? 13 : 12);
		imported_free(&imported);
		assert_int_equal(held_files(), files);
		assert_int_equal(tongs_own_device_count_references(own), references);
	}
	assert_int_equal(errors, 0);
}

static void fails_without_memory(void **state) {
	const struct tongs_driver_memory_info info = {.size = 4096};
	(void)state;
	tongs_alloc_fail_after(0);
	assert_null(tongs_driver_memory_create(&info));
	tongs_alloc_fail_after(UINT64_MAX);
	struct tongs_payload *payload = tongs_driver_memory_create(&info);
	assert_non_null(payload);
	tongs_payload_unref(payload);
	assert_int_equal(errors, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(it_describes_its_import),
		TEST(what_is_not_attached_cannot_be_imported),
		TEST(two_devices_see_the_same_bytes),
		TEST(any_order_of_release),
		TEST(bytes_outlive_the_device_and_the_instance),
		TEST(thousands_of_exports_hold_no_file),
		TEST(a_limited_number_is_kept_as_files),
		TEST(without_files_the_own_device_imports),
		TEST(without_files_and_device_the_reserve_is_kept),
		TEST(imports_without_files),
		TEST(a_failing_export_is_reported),
		TEST(threads_import_while_another_detaches),
		TEST(files_are_closed_on_exec),
		TEST(a_child_has_the_bytes),
		TEST(dedicated_memory_stays_dedicated),
		TEST(contents_are_mapped_once),
		TEST(memory_of_the_own_device),
		TEST(fails_without_memory),
	};
	return cmocka_run_group_tests_name("metal: driver memory", tests, init, finish);
}
