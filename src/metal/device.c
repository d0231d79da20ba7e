/* SPDX-License-Identifier: MIT */
/* The list of device objects, and the properties of a device. */
#include "metal/device.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "format/format.h"
#include "metal/interop.h"
#include "util/alloc.h"
#include "util/fork.h"
#include "util/hash.h"
#include "util/log.h"
#include "vulkan/driver_call.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_device *list; /* the oldest first; guarded by list_lock; holds no references */

static void begin_child_locked(void) {
	for (struct tongs_device *device = list; device; device = device->next)
		device->inherited = true;
}

TONGS_FORK_STATIC_LOCK(&list_lock, TONGS_LOCK_DEVICES, begin_child_locked);

static struct tongs_object *destroy(struct tongs_object *object) {
	struct tongs_device *device = (struct tongs_device *)object;
	pthread_mutex_lock(&list_lock);
	struct tongs_device **link = &list;
	while (*link != device)
		link = &(*link)->next;
	*link = device->next;
	pthread_mutex_unlock(&list_lock);

	tongs_own_device_unref(atomic_load(&device->own_device));
	return tongs_object_free(object);
}

static struct tongs_device *create(const struct tongs_vk_id *id, const VkPhysicalDeviceProperties *properties,
	const VkPhysicalDeviceMemoryProperties *memory, const struct tongs_import_roles *roles) {
	struct tongs_device *device = tongs_malloc(1, sizeof(*device));
	if (!device)
		return NULL;
	device->id = *id;
	device->properties = *properties;
	device->memory = *memory;
	device->roles = *roles;
	if (!tongs_object_publish(&device->object, TONGS_KIND_DEVICE, destroy)) {
		tongs_free(NULL, device);
		return NULL;
	}
	return device;
}

/* A new reference. `driver_uuid` NULL: any driver. A device whose last reference was just released, and which waits for
 * the lock to leave the list, is not found. */
static struct tongs_device *find_locked(const uint8_t *device_uuid, const uint8_t *driver_uuid) {
	for (struct tongs_device *device = list; device; device = device->next) {
		if (memcmp(device->id.device, device_uuid, VK_UUID_SIZE) == 0 &&
			(!driver_uuid || memcmp(device->id.driver, driver_uuid, VK_UUID_SIZE) == 0) &&
			tongs_object_acquire(device, TONGS_KIND_DEVICE))
			return device;
	}
	return NULL;
}

static void add_locked(struct tongs_device *device) {
	struct tongs_device **end = &list;
	while (*end)
		end = &(*end)->next;
	*end = device;
}

struct tongs_device *tongs_device_find_first(void) {
	pthread_mutex_lock(&list_lock);
	struct tongs_device *device = list;
	while (device && (device->inherited || !tongs_object_acquire(device, TONGS_KIND_DEVICE)))
		device = device->next;
	pthread_mutex_unlock(&list_lock);
	return device;
}

struct tongs_device *tongs_interop_new_device(const struct tongs_vk_id *id,
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDeviceMemoryProperties *memory,
	const struct tongs_import_roles *roles) {
	/* The driver is loaded: from now on exit() stops calls of it before its destructors run. */
	if (tongs_driver_call_begin())
		tongs_driver_call_end();
	pthread_mutex_lock(&list_lock);
	struct tongs_device *device = find_locked(id->device, id->driver);
	if (!device) {
		device = create(id, properties, memory, roles);
		if (device)
			add_locked(device);
	}
	pthread_mutex_unlock(&list_lock);
	if (!device)
		tongs_log_error("out of memory for the device object of %s", properties->deviceName);
	return device;
}

/* Takes ownership of `own`. Returns the device's, which another thread may have set first. */
static struct tongs_own_device *set_own_device(struct tongs_device *device, struct tongs_own_device *own) {
	struct tongs_own_device *other = NULL;
	if (atomic_compare_exchange_strong(&device->own_device, &other, own))
		return own;
	tongs_own_device_unref(own);
	return other;
}

/* Takes ownership of `own`. */
static struct tongs_device *new_from_own_device(struct tongs_own_device *own) {
	const struct tongs_physical_device_info *info = tongs_own_device_get_info(own);
	struct tongs_device *device =
		tongs_interop_new_device(&info->id, &info->properties, &info->memory, &info->roles);
	if (device)
		set_own_device(device, own);
	else
		tongs_own_device_unref(own);
	return device;
}

struct tongs_device *tongs_device_new_default(void) {
	struct tongs_own_device *own;
	if (tongs_own_device_new_all(&own, 1) > 0)
		return new_from_own_device(own);
	tongs_log_error("no installed Vulkan driver shares %s (%s) or %s (%s): install one that does (Debian: "
			"mesa-vulkan-drivers)",
		tongs_import_get_kind(false)->name, tongs_import_get_kind(false)->extension,
		tongs_import_get_kind(true)->name, tongs_import_get_kind(true)->extension);
	return NULL;
}

size_t tongs_device_new_all(struct tongs_device **devices, size_t capacity) {
	struct tongs_own_device **own_devices = tongs_malloc(capacity, sizeof(struct tongs_own_device *));
	if (!own_devices) {
		tongs_log_error("out of memory for a list of %zu devices", capacity);
		return 0;
	}
	size_t count = tongs_own_device_new_all(own_devices, capacity);
	size_t given = count < capacity ? count : capacity;
	size_t written = 0;
	for (size_t i = 0; i < given; i++) {
		devices[written] = new_from_own_device(own_devices[i]);
		if (devices[written])
			written++;
	}
	tongs_free(NULL, own_devices);
	return written < given ? written : count;
}

static struct tongs_device *find(const uint8_t *device_uuid, const uint8_t *driver_uuid) {
	pthread_mutex_lock(&list_lock);
	struct tongs_device *device = find_locked(device_uuid, driver_uuid);
	pthread_mutex_unlock(&list_lock);
	return device;
}

/* Takes ownership of `own`; NULL: none was found, which is logged. */
static struct tongs_device *new_from_search(struct tongs_own_device *own) {
	if (own)
		return new_from_own_device(own);
	tongs_log_error("no Vulkan device with this UUID can share memory: `tongs info' lists those that can");
	return NULL;
}

struct tongs_device *tongs_device_new_from_uuid(const uint8_t uuid[16]) {
	struct tongs_device *device = find(uuid, NULL);
	return device ? device : new_from_search(tongs_own_device_new_from_uuid(uuid));
}

struct tongs_device *tongs_device_new_from_uuids(const uint8_t device_uuid[16], const uint8_t driver_uuid[16]) {
	struct tongs_device *device = find(device_uuid, driver_uuid);
	struct tongs_vk_id id;
	if (device)
		return device;
	memcpy(id.device, device_uuid, VK_UUID_SIZE);
	memcpy(id.driver, driver_uuid, VK_UUID_SIZE);
	return new_from_search(tongs_own_device_new_from_id(&id));
}

struct tongs_own_device *tongs_device_open_own_device(struct tongs_device *device) {
	struct tongs_own_device *own = tongs_own_device_new_from_id(&device->id);
	if (own)
		return set_own_device(device, own);
	tongs_log_error(
		"libtongs cannot create a Vulkan device of its own on %s: `tongs info' shows what its driver supports",
		device->properties.deviceName);
	return NULL;
}

const char *tongs_device_get_name(const struct tongs_device *device) {
	return device->properties.deviceName;
}

void tongs_device_get_uuid(const struct tongs_device *device, uint8_t uuid[16]) {
	memcpy(uuid, device->id.device, VK_UUID_SIZE);
}

void tongs_device_get_driver_uuid(const struct tongs_device *device, uint8_t uuid[16]) {
	memcpy(uuid, device->id.driver, VK_UUID_SIZE);
}

/* Of both UUIDs, so that it is the same in every process. */
uint64_t tongs_device_get_registry_id(const struct tongs_device *device) {
	const uint64_t first = tongs_hash(TONGS_HASH_START, device->id.device, VK_UUID_SIZE);
	return tongs_hash(first, device->id.driver, VK_UUID_SIZE);
}

bool tongs_device_has_unified_memory(const struct tongs_device *device) {
	return device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU ||
	       device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

bool tongs_device_is_low_power(const struct tongs_device *device) {
	return device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU;
}

/* The largest host-visible heap, for buffers are Shared unless they ask for Private. */
NSUInteger tongs_device_get_max_buffer_length(const struct tongs_device *device) {
	VkDeviceSize largest = 0;
	for (uint32_t i = 0; i < device->memory.memoryTypeCount; i++) {
		const VkMemoryType *type = &device->memory.memoryTypes[i];
		VkDeviceSize size = device->memory.memoryHeaps[type->heapIndex].size;
		if ((type->propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) && size > largest)
			largest = size;
	}
	return largest & ~(tongs_page_size() - 1);
}

uint64_t tongs_device_get_recommended_max_working_set_size(const struct tongs_device *device) {
	uint64_t sum = 0;
	for (uint32_t i = 0; i < device->memory.memoryHeapCount; i++) {
		if (device->memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
			sum += device->memory.memoryHeaps[i].size;
	}
	return sum;
}

NSUInteger tongs_device_get_current_allocated_size(const struct tongs_device *device) {
	return atomic_load_explicit(&device->allocated_size, memory_order_relaxed);
}

/* The Vulkan features that a family's resources require. A family without a row is not supported. */
static const struct {
	MTLGPUFamily family;
	bool bc, cube_array;
} families[] = {
	{.family = MTLGPUFamilyCommon1},
	{.family = MTLGPUFamilyCommon2},
	{.family = MTLGPUFamilyCommon3, .cube_array = true},
	{.family = MTLGPUFamilyMac2, .bc = true, .cube_array = true},
};

/* Creating the own device lazily is no visible change of a const device. NULL, with an error logged, on failure. */
static const VkPhysicalDeviceFeatures *features_of(const struct tongs_device *device) {
	struct tongs_own_device *own = tongs_device_get_own_device((struct tongs_device *)device);
	return own ? &tongs_own_device_get_info(own)->features : NULL;
}

bool tongs_device_supports_family(const struct tongs_device *device, MTLGPUFamily family) {
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (families[i].family != family)
			continue;
		if (!families[i].bc && !families[i].cube_array)
			return true;
		const VkPhysicalDeviceFeatures *features = features_of(device);
		return features && (!families[i].bc || features->textureCompressionBC) &&
		       (!families[i].cube_array || features->imageCubeArray);
	}
	return false;
}

bool tongs_device_supports_sample_count(const struct tongs_device *device, NSUInteger count) {
	const VkPhysicalDeviceLimits *limits = &device->properties.limits;
	if (count == 0 || count > VK_SAMPLE_COUNT_64_BIT || (count & (count - 1)))
		return false;
	return limits->framebufferColorSampleCounts & limits->sampledImageColorSampleCounts & (uint32_t)count;
}

bool tongs_device_supports_bc_texture_compression(const struct tongs_device *device) {
	const VkPhysicalDeviceFeatures *features = features_of(device);
	return features && features->textureCompressionBC;
}

bool tongs_device_get_queue_families(struct tongs_device *device, uint32_t *command_buffers, uint32_t *texels) {
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	return own && tongs_own_device_get_families(own, command_buffers, texels);
}

NSUInteger tongs_device_get_minimum_texture_buffer_alignment(struct tongs_device *device, MTLPixelFormat format) {
	const struct tongs_format *row = tongs_format_from_metal(format);
	if (!row || row->kind != TONGS_FORMAT_COLOR || !row->vk_format)
		return 0;
	VkDeviceSize alignment = device->properties.limits.minTexelBufferOffsetAlignment;
	return alignment > row->block_bytes ? alignment : row->block_bytes;
}

const char *tongs_version(void) {
	return TONGS_VERSION;
}
