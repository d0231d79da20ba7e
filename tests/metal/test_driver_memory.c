/* SPDX-License-Identifier: MIT */
/* Driver memory: its bytes stay while anything uses them, whatever is freed first. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver_exports.h"
#include "util/alloc.h"

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

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(it_describes_its_import),
		TEST(what_is_not_attached_cannot_be_imported),
		TEST(two_devices_see_the_same_bytes),
		TEST(any_order_of_release),
		TEST(bytes_outlive_the_device_and_the_instance),
		TEST(a_failing_export_is_reported),
		TEST(threads_import_while_another_detaches),
		TEST(a_child_has_the_bytes),
		TEST(dedicated_memory_stays_dedicated),
		TEST(contents_are_mapped_once),
		TEST(memory_of_the_own_device),
		TEST(fails_without_memory),
	};
	return cmocka_run_group_tests_name("metal: driver memory", tests, open_devices, close_devices);
}
