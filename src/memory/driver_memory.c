/* SPDX-License-Identifier: MIT */
/* Driver memory, and how Vulkan imports it: VK_KHR_external_memory_fd. */
#include "memory/driver_memory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fork.h"
#include "util/log.h"

#define HANDLE_TYPE VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT

/* How many payloads may keep a file descriptor. A spare one is kept because each later import then copies it, which is
 * cheaper than another export; others hold bytes that their exporter has freed. Both are below the usual limit of 1024
 * for a process. */
enum { MAX_SPARE_FDS = 128, MAX_KEPT_FDS = 512 };

struct driver_memory {
	struct tongs_payload payload; /* first */
	uint32_t memory_type;
	struct tongs_image_shape image; /* that it is dedicated to; .format UNDEFINED: none */
	atomic_bool has_image;          /* the application's image of that shape has one of the references */
	/* Guarded by `lock`. The bytes are in one of these at least, or lost. */
	struct { /* memory of the application's device; .memory is VK_NULL_HANDLE before attach and after detach */
		VkDevice device;
		VkDeviceMemory memory;
		PFN_vkGetMemoryFdKHR get_fd;
		VkImage image; /* that the memory is dedicated to, if the application has destroyed it */
	} exporter;
	bool own_is_import;
	struct tongs_own_memory own; /* libtongs' own allocation or import */
	int fd;                      /* -1: none; else `kept` has the payload */
	_Atomic(void *) mapping;     /* of `own`; set once */
};

static const struct tongs_payload_kind kind;

/* Held during calls into drivers. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Guarded by lock. fork() does not wait for it, so each changes in one store. */
static struct driver_memory *kept[MAX_KEPT_FDS]; /* payloads with an fd; NULL: free */
static int reserve = -1; /* a file descriptor that makes room for another in a process that has no more */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_DRIVER_MEMORY, NULL);

static struct driver_memory *from_import(const struct tongs_import *import) {
	return (struct driver_memory *)((char *)(uintptr_t)import - offsetof(struct driver_memory, payload.import));
}

static struct driver_memory *create(const struct tongs_driver_memory_info *info) {
	struct driver_memory *driver = tongs_malloc(1, sizeof(*driver));
	if (!driver)
		return NULL;
	driver->payload.kind = &kind;
	driver->payload.import =
		(struct tongs_import){.kind = &kind.import, .size = info->size, .dedicated = info->dedicated};
	driver->payload.storage_mode = info->host_visible ? MTLStorageModeShared : MTLStorageModePrivate;
	atomic_init(&driver->payload.refs, 1);
	driver->memory_type = info->memory_type;
	if (info->dedicated)
		driver->image = info->image;
	driver->fd = -1;
	return driver;
}

struct tongs_payload *tongs_driver_memory_create(const struct tongs_driver_memory_info *info) {
	struct driver_memory *driver = create(info);
	return driver ? &driver->payload : NULL;
}

struct tongs_payload *tongs_driver_memory_wrap(
	const struct tongs_driver_memory_info *info, struct tongs_own_memory *memory) {
	struct driver_memory *driver = create(info);
	if (!driver) {
		tongs_own_memory_free(memory);
		return NULL;
	}
	driver->own = *memory;
	*memory = (struct tongs_own_memory){0};
	return &driver->payload;
}

void tongs_driver_memory_attach(
	struct tongs_payload *payload, VkDevice device, VkDeviceMemory memory, PFN_vkGetMemoryFdKHR get_fd) {
	struct driver_memory *driver = (struct driver_memory *)payload;
	pthread_mutex_lock(&lock);
	driver->exporter.device = device;
	driver->exporter.memory = memory;
	driver->exporter.get_fd = get_fd;
	/* Only memory of an application is ever in need of it. */
	if (memory && reserve < 0)
		reserve = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_unlock(&lock);
}

static VkResult export_locked(struct driver_memory *driver, int *fd) {
	const VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.memory = driver->exporter.memory,
		.handleType = HANDLE_TYPE,
	};
	VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	if (driver->exporter.memory)
		result = driver->exporter.get_fd(driver->exporter.device, &info, fd);
	else if (driver->own.dev && (!driver->own_is_import || tongs_own_device_get_info(driver->own.dev)->reexports))
		result = tongs_own_memory_get_fd(&driver->own, fd);
	/* For want of files lavapipe returns what dup() does, and success; NVIDIA's driver, an error that is none of
	 * the command's. */
	const bool is_memory = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
	return (result == VK_SUCCESS && *fd >= 0) || is_memory ? result : VK_ERROR_TOO_MANY_OBJECTS;
}

/* Whether the bytes do not depend on a file descriptor. Not if an import alone has them, which not every driver exports
 * again. */
static bool is_in_memory_locked(const struct driver_memory *driver) {
	return driver->exporter.memory || (driver->own.dev && !driver->own_is_import);
}

/* The fd is the caller's. */
static int take_kept_fd_locked(struct driver_memory *driver) {
	const int fd = driver->fd;
	for (size_t i = 0; fd >= 0 && i < MAX_KEPT_FDS; i++)
		if (kept[i] == driver)
			kept[i] = NULL;
	driver->fd = -1;
	return fd;
}

static void close_kept_fd_locked(struct driver_memory *driver) {
	const int fd = take_kept_fd_locked(driver);
	if (fd >= 0)
		close(fd);
}

/* Closes an fd that only makes imports faster. False: there is none. */
static bool close_spare_fd_locked(void) {
	for (size_t i = 0; i < MAX_KEPT_FDS; i++) {
		if (!kept[i] || !is_in_memory_locked(kept[i]))
			continue;
		close_kept_fd_locked(kept[i]);
		return true;
	}
	return false;
}

/* False if `room` payloads keep one. Not all drivers keep the fd from the programs that the process executes. */
static bool keep_fd_locked(struct driver_memory *driver, int fd, size_t room) {
	for (size_t i = 0; i < room; i++) {
		if (kept[i])
			continue;
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		kept[i] = driver;
		driver->fd = fd;
		return true;
	}
	return false;
}

/* Exports again if room can be made for the file descriptor: drivers do not always say that this is what they lack. */
static VkResult export_in_need_locked(struct driver_memory *driver, int *fd) {
	VkResult result = export_locked(driver, fd);
	return result != VK_SUCCESS && close_spare_fd_locked() ? export_locked(driver, fd) : result;
}

/* A file descriptor for one import, which consumes it. */
static VkResult open_fd_locked(struct driver_memory *driver, int *fd) {
	if (driver->fd < 0) {
		VkResult result = export_in_need_locked(driver, fd);
		if (result != VK_SUCCESS || !keep_fd_locked(driver, *fd, MAX_SPARE_FDS))
			return result;
	}
	*fd = fcntl(driver->fd, F_DUPFD_CLOEXEC, 0);
	if (*fd < 0 && is_in_memory_locked(driver))
		*fd = take_kept_fd_locked(driver);
	else if (*fd < 0 && close_spare_fd_locked())
		*fd = fcntl(driver->fd, F_DUPFD_CLOEXEC, 0);
	return *fd >= 0 ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}

/* What a process that has run out of files is told: vkAllocateMemory has no other error for it. */
static VkResult get_allocation_error(VkResult result) {
	return result == VK_ERROR_TOO_MANY_OBJECTS ? VK_ERROR_OUT_OF_HOST_MEMORY : result;
}

_Static_assert(sizeof(VkImportMemoryFdInfoKHR) <= sizeof(((struct tongs_import_info *)0)->words), "the struct's room");

static VkResult begin(
	const struct tongs_import *import, VkDeviceSize offset, const void *next, struct tongs_import_info *info) {
	(void)offset; /* 0 */
	pthread_mutex_lock(&lock);
	VkResult result = open_fd_locked(from_import(import), &info->fd);
	pthread_mutex_unlock(&lock);
	if (result != VK_SUCCESS)
		return get_allocation_error(result);
	const VkImportMemoryFdInfoKHR fd = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.pNext = next,
		.handleType = HANDLE_TYPE,
		.fd = info->fd,
	};
	info->head = memcpy(info->words, &fd, sizeof(fd));
	return VK_SUCCESS;
}

/* The fd is the driver's after a successful import. */
static void end(struct tongs_import_info *info, VkResult result) {
	if (result != VK_SUCCESS)
		close(info->fd);
}

/* Imports the memory on `dev`, unless libtongs' own device has it; not dedicated, for no image is bound to it. */
static VkResult ensure_own(struct driver_memory *driver, struct tongs_own_device *dev) {
	struct tongs_own_memory memory;
	pthread_mutex_lock(&lock);
	bool has = driver->own.dev;
	pthread_mutex_unlock(&lock);
	if (has)
		return VK_SUCCESS;
	/* `begin` takes the lock. */
	VkResult result = tongs_own_memory_import(dev, &driver->payload.import, &memory);
	if (result != VK_SUCCESS)
		return result;
	pthread_mutex_lock(&lock);
	if (!driver->own.dev) {
		driver->own = memory;
		driver->own_is_import = true;
		memory = (struct tongs_own_memory){0};
	}
	pthread_mutex_unlock(&lock);
	/* Another thread may have been faster. */
	tongs_own_memory_free(&memory);
	return VK_SUCCESS;
}

static void *map(struct tongs_payload *payload, struct tongs_own_device *dev) {
	struct driver_memory *driver = (struct driver_memory *)payload;
	void *mapping = atomic_load_explicit(&driver->mapping, memory_order_acquire);
	if (mapping || !dev)
		return mapping;
	VkResult result = ensure_own(driver, dev);
	if (result == VK_SUCCESS) {
		pthread_mutex_lock(&lock);
		mapping = atomic_load_explicit(&driver->mapping, memory_order_relaxed);
		if (!mapping)
			result = tongs_own_memory_map(&driver->own, &mapping);
		if (result == VK_SUCCESS)
			atomic_store_explicit(&driver->mapping, mapping, memory_order_release);
		pthread_mutex_unlock(&lock);
	}
	if (result == VK_SUCCESS)
		return mapping;
	tongs_log_error("%llu bytes of driver memory cannot be mapped for the CPU: %s",
		(unsigned long long)payload->import.size, tongs_vk_result_name(result));
	return NULL;
}

static bool has_room_locked(void) {
	for (size_t i = 0; i < MAX_KEPT_FDS; i++)
		if (!kept[i])
			return true;
	return close_spare_fd_locked();
}

/* Keeps the bytes as a file descriptor, instead of the exporter's memory, unless they are kept already. False if there
 * are enough of those, or none can be made. */
static bool keep_as_fd(struct driver_memory *driver) {
	int fd;
	pthread_mutex_lock(&lock);
	bool safe = driver->fd >= 0 || (driver->own.dev && !driver->exporter.memory);
	if (!safe && has_room_locked() && export_in_need_locked(driver, &fd) == VK_SUCCESS)
		safe = keep_fd_locked(driver, fd, MAX_KEPT_FDS);
	/* From now on the fd is no spare one. */
	if (safe)
		driver->exporter.memory = VK_NULL_HANDLE;
	pthread_mutex_unlock(&lock);
	return safe;
}

/* The room stays the program's or the driver's if it takes it meanwhile. */
static void lend_reserve(void) {
	pthread_mutex_lock(&lock);
	if (reserve >= 0)
		close(reserve);
	reserve = -1;
	pthread_mutex_unlock(&lock);
}

static void restore_reserve(void) {
	pthread_mutex_lock(&lock);
	if (reserve < 0)
		reserve = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_unlock(&lock);
}

/* Where there is no room for another file descriptor to stay: libtongs' own device imports the bytes. */
static VkResult keep_on_own_device(
	struct driver_memory *driver, struct tongs_own_device *(*open_device)(void *user), void *user) {
	lend_reserve();
	struct tongs_own_device *dev = open_device(user);
	VkResult result = dev ? ensure_own(driver, dev) : VK_ERROR_INITIALIZATION_FAILED;
	if (result != VK_SUCCESS && keep_as_fd(driver))
		result = VK_SUCCESS;
	restore_reserve();
	return result;
}

/* Other references than the caller's and the image's use the bytes, and none can come from nothing. */
static bool is_used(struct driver_memory *driver) {
	const size_t unused = 1 + atomic_load(&driver->has_image);
	return atomic_load(&driver->payload.refs) > unused;
}

static void keep_bytes(struct driver_memory *driver, struct tongs_own_device *(*open_device)(void *user), void *user) {
	VkResult result = keep_as_fd(driver) ? VK_SUCCESS : keep_on_own_device(driver, open_device, user);
	if (result != VK_SUCCESS && is_used(driver))
		tongs_log_error("%llu bytes of freed device memory are lost to the Metal objects that use them: %s: "
				"release these before the memory and its image, or raise the limit of open files",
			(unsigned long long)driver->payload.import.size, tongs_vk_result_name(result));
}

/* Returns the image of the exporter that was to stay until now. */
static VkImage end_exporter(struct driver_memory *driver) {
	pthread_mutex_lock(&lock);
	const VkImage image = driver->exporter.image;
	driver->exporter.memory = VK_NULL_HANDLE;
	driver->exporter.image = VK_NULL_HANDLE;
	pthread_mutex_unlock(&lock);
	return image;
}

/* What was kept of bytes that nothing uses. */
static void drop_bytes(struct driver_memory *driver) {
	pthread_mutex_lock(&lock);
	close_kept_fd_locked(driver);
	struct tongs_own_memory own = driver->own;
	driver->own = (struct tongs_own_memory){0};
	pthread_mutex_unlock(&lock);
	tongs_own_memory_free(&own);
}

VkImage tongs_driver_memory_detach(
	struct tongs_payload *payload, struct tongs_own_device *(*open_device)(void *user), void *user) {
	struct driver_memory *driver = (struct driver_memory *)payload;
	const bool used = is_used(driver);
	if (used)
		keep_bytes(driver, open_device, user);
	const VkImage image = end_exporter(driver);
	/* An image that outlives its memory must not keep it. */
	if (!used)
		drop_bytes(driver);
	return image;
}

void tongs_driver_memory_add_image(struct tongs_payload *payload) {
	atomic_store(&((struct driver_memory *)payload)->has_image, true);
	tongs_payload_ref(payload);
}

bool tongs_driver_memory_remove_image(
	struct tongs_payload *payload, VkImage image, struct tongs_own_device *(*open_device)(void *user), void *user) {
	struct driver_memory *driver = (struct driver_memory *)payload;
	pthread_mutex_lock(&lock);
	const bool freed = !driver->exporter.memory, stays = !freed && image;
	if (stays)
		driver->exporter.image = image;
	pthread_mutex_unlock(&lock);
	if (!freed && !stays) {
		keep_bytes(driver, open_device, user);
		end_exporter(driver);
	}
	atomic_store(&driver->has_image, false);
	tongs_payload_unref(payload);
	return stays;
}

VkDeviceMemory tongs_driver_memory_find_own(struct tongs_payload *payload, const struct tongs_own_device *dev) {
	struct driver_memory *driver = (struct driver_memory *)payload;
	pthread_mutex_lock(&lock);
	const VkDeviceMemory memory = driver->own.dev == dev ? driver->own.handle : VK_NULL_HANDLE;
	pthread_mutex_unlock(&lock);
	return memory;
}

bool tongs_driver_memory_is_dedicated_to(const struct tongs_payload *payload, const struct tongs_image_shape *shape) {
	const struct driver_memory *driver = (const struct driver_memory *)payload;
	return payload->import.dedicated && memcmp(&driver->image, shape, sizeof(*shape)) == 0;
}

uint32_t tongs_driver_memory_get_types(const struct tongs_payload *payload) {
	return 1u << ((const struct driver_memory *)payload)->memory_type;
}

void tongs_driver_memory_get_info(const struct tongs_payload *payload, struct tongs_driver_memory_info *info) {
	const struct driver_memory *driver = (const struct driver_memory *)payload;
	*info = (struct tongs_driver_memory_info){
		.size = payload->import.size,
		.memory_type = driver->memory_type,
		.host_visible = payload->storage_mode != MTLStorageModePrivate,
		.dedicated = payload->import.dedicated,
		.image = driver->image,
	};
}

VkResult tongs_driver_memory_get_fd(struct tongs_payload *payload, int *fd) {
	pthread_mutex_lock(&lock);
	VkResult result = open_fd_locked((struct driver_memory *)payload, fd);
	pthread_mutex_unlock(&lock);
	return result;
}

/* What the other process sent must be memory of the driver's: it is imported at once. The fd stays, for imports are not
 * exported again everywhere. */
VkResult tongs_driver_memory_adopt(const struct tongs_driver_memory_info *info, int fd, struct tongs_own_device *dev,
	struct tongs_payload **payload) {
	struct driver_memory *driver = create(info);
	if (!driver)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	pthread_mutex_lock(&lock);
	VkResult result =
		has_room_locked() && keep_fd_locked(driver, fd, MAX_KEPT_FDS) ? VK_SUCCESS : VK_ERROR_TOO_MANY_OBJECTS;
	pthread_mutex_unlock(&lock);
	if (result == VK_SUCCESS)
		result = ensure_own(driver, dev);
	if (result == VK_SUCCESS) {
		*payload = &driver->payload;
		return VK_SUCCESS;
	}
	pthread_mutex_lock(&lock);
	take_kept_fd_locked(driver); /* the caller's again */
	pthread_mutex_unlock(&lock);
	tongs_free(NULL, driver);
	return result;
}

static void destroy(struct tongs_payload *payload) {
	struct driver_memory *driver = (struct driver_memory *)payload;
	pthread_mutex_lock(&lock);
	close_kept_fd_locked(driver);
	pthread_mutex_unlock(&lock);
	tongs_own_memory_free(&driver->own);
	tongs_free(NULL, driver);
}

static VkDeviceSize query_alignment(PFN_vkGetPhysicalDeviceProperties2 query, VkPhysicalDevice physical_device) {
	(void)query;
	(void)physical_device;
	return 1;
}

static VkResult query_memory_types(PFN_vkVoidFunction command, VkDevice device, const struct tongs_import *import,
	VkDeviceSize offset, uint32_t *memory_types) {
	(void)command;
	(void)device;
	(void)offset;
	*memory_types = 1u << from_import(import)->memory_type;
	return VK_SUCCESS;
}

static const struct tongs_payload_kind kind = {
	.import =
		{
			.name = "driver memory",
			.handle_type = HANDLE_TYPE,
			.extension = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
			.allocated_by_device = true,
			.query_alignment = query_alignment,
			.query_memory_types = query_memory_types,
			.begin = begin,
			.end = end,
		},
	.destroy = destroy,
	.map = map,
};

__attribute__((constructor)) static void add_kind(void) {
	tongs_payload_add_kind(&kind);
}
