/* SPDX-License-Identifier: MIT */
/* Lists own devices, counts their references, and creates their VkDevices, queues and staging buffers. */
#include "vulkan/own_device.h"

#include <string.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/worker.h"
#include "vulkan/import.h"

/* Long enough for a program that repeatedly opens and closes a device to get the same one back; short enough for a
 * program that has finished with Metal to soon get back the memory and threads. */
static const uint64_t IDLE_DELAY = UINT64_C(2000000000);

/* Never held in a call into Vulkan, so that it can be taken inside one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Guarded by lock: */
static struct tongs_own_device *list; /* those with references, and those whose last one was released recently */
static uint64_t idle_delay = IDLE_DELAY;
static unsigned stopped_generation; /* tongs_vk_get_generation at the latest tongs_worker_stop_at_exit */

/* A child lacks the threads of its parent's devices: they are never destroyed in it. */
static void begin_child_locked(void) {
	for (struct tongs_own_device *dev = list; dev; dev = dev->next)
		dev->inherited = true;
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_OWN_DEVICES, begin_child_locked);

static struct tongs_own_device *ref_from_list_locked(const struct tongs_vk_id *id) {
	struct tongs_own_device *dev = list;
	while (dev && !tongs_vk_id_is_same(&dev->physical.info.id, id))
		dev = dev->next;
	if (dev)
		dev->references++;
	return dev;
}

static struct tongs_own_device *ref_from_list(const struct tongs_vk_id *id) {
	pthread_mutex_lock(&lock);
	struct tongs_own_device *dev = ref_from_list_locked(id);
	pthread_mutex_unlock(&lock);
	return dev;
}

static struct tongs_own_device *allocate(const struct tongs_physical_device *physical) {
	struct tongs_own_caps *caps = tongs_own_caps_get(&physical->info.id);
	struct tongs_own_device *dev = caps ? tongs_malloc(1, sizeof(*dev)) : NULL;
	if (!dev) {
		tongs_log_error("no memory for the Vulkan device %s", physical->info.properties.deviceName);
		return NULL;
	}
	tongs_vk_ref();
	dev->physical = *physical;
	dev->caps = caps;
	dev->references = 1;
	tongs_fork_init_lock(&dev->lock_at_fork, &dev->lock, TONGS_LOCK_OWN_DEVICE);
	tongs_fork_init_lock(&dev->transfer.lock_at_fork, &dev->transfer.lock, TONGS_LOCK_TRANSFER);
	tongs_fork_init_lock(&dev->transfer.submit_lock_at_fork, &dev->transfer.submit_lock, TONGS_LOCK_SUBMIT);
	return dev;
}

static void destroy_commands(const struct tongs_vk_device *vkd, struct tongs_transfer_queue *queue) {
	vkd->DestroyFence(vkd->device, queue->fence, NULL);
	vkd->DestroyCommandPool(vkd->device, queue->pool, NULL);
	queue->fence = VK_NULL_HANDLE;
	queue->commands = NULL;
	queue->pool = VK_NULL_HANDLE;
}

static void destroy_staging(struct tongs_own_device *dev) {
	const struct tongs_vk_device *vkd = &dev->vkd;
	struct tongs_transfer *transfer = &dev->transfer;
	vkd->DestroyBuffer(vkd->device, transfer->staging, NULL);
	vkd->FreeMemory(vkd->device, transfer->memory, NULL);
	transfer->staging = VK_NULL_HANDLE;
	transfer->memory = VK_NULL_HANDLE;
	transfer->bytes = NULL;
}

/* Destroys everything but the queues; the next copy creates it again. */
static void trim_transfer(struct tongs_own_device *dev) {
	struct tongs_transfer *transfer = &dev->transfer;
	pthread_mutex_lock(&transfer->lock);
	for (unsigned i = 0; i < TONGS_TRANSFER_QUEUE_COUNT; i++)
		if (transfer->queues[i].pool)
			destroy_commands(&dev->vkd, &transfer->queues[i]);
	if (transfer->bytes)
		destroy_staging(dev);
	pthread_mutex_unlock(&transfer->lock);
}

static void destroy(struct tongs_own_device *dev) {
	if (dev->vkd.device) {
		/* Another user may have copied after tongs_own_device_unref trimmed. */
		trim_transfer(dev);
		dev->vkd.DestroyDevice(dev->vkd.device, NULL);
	}
	tongs_fork_finish_lock(&dev->transfer.submit_lock_at_fork);
	tongs_fork_finish_lock(&dev->transfer.lock_at_fork);
	tongs_fork_finish_lock(&dev->lock_at_fork);
	tongs_free(NULL, dev->image_cache);
	tongs_free(NULL, dev);
	tongs_vk_unref();
}

static struct tongs_own_device *new_from_physical(const struct tongs_physical_device *physical) {
	struct tongs_own_device *existing = ref_from_list(&physical->info.id);
	struct tongs_own_device *dev = existing ? NULL : allocate(physical);
	if (!dev)
		return existing;
	pthread_mutex_lock(&lock);
	existing = ref_from_list_locked(&physical->info.id);
	if (!existing) {
		dev->next = list;
		list = dev;
	}
	pthread_mutex_unlock(&lock);
	if (!existing)
		return dev;
	destroy(dev);
	return existing;
}

struct tongs_own_device *tongs_own_device_ref(struct tongs_own_device *dev) {
	pthread_mutex_lock(&lock);
	dev->references++;
	pthread_mutex_unlock(&lock);
	return dev;
}

size_t tongs_own_device_new_all(struct tongs_own_device **devices, size_t capacity) {
	struct tongs_physical_device *physical;
	tongs_vk_ref();
	size_t count = tongs_physical_device_list(&physical);
	for (size_t i = 0; i < count && i < capacity; i++) {
		devices[i] = new_from_physical(&physical[i]);
		if (!devices[i])
			count = i;
	}
	tongs_free(NULL, physical);
	tongs_vk_unref();
	return count;
}

/* `driver_uuid` may be NULL. */
static VkResult search_drivers(
	const uint8_t device_uuid[VK_UUID_SIZE], const uint8_t *driver_uuid, struct tongs_own_device **dev) {
	struct tongs_physical_device physical;
	*dev = NULL;
	tongs_vk_ref();
	VkResult result = tongs_physical_device_find(device_uuid, driver_uuid, &physical);
	if (result == VK_SUCCESS) {
		*dev = new_from_physical(&physical);
		result = *dev ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	tongs_vk_unref();
	return result;
}

static VkResult find(const struct tongs_vk_id *id, struct tongs_own_device **dev) {
	*dev = ref_from_list(id);
	return *dev ? VK_SUCCESS : search_drivers(id->device, id->driver, dev);
}

struct tongs_own_device *tongs_own_device_new_from_id(const struct tongs_vk_id *id) {
	struct tongs_own_device *dev;
	find(id, &dev);
	return dev;
}

struct tongs_own_device *tongs_own_device_new_from_uuid(const uint8_t uuid[VK_UUID_SIZE]) {
	struct tongs_own_device *dev;
	search_drivers(uuid, NULL, &dev);
	return dev;
}

/* Removes from the list a device that has had no references for idle_delay, and returns it for destroy(). If there is
 * none, returns NULL and sets `*wait` to the nanoseconds until there is; TONGS_WORKER_DONE if no device is unused. */
static struct tongs_own_device *take_idle_locked(uint64_t now, uint64_t *wait) {
	*wait = TONGS_WORKER_DONE;
	for (struct tongs_own_device **link = &list; *link; link = &(*link)->next) {
		struct tongs_own_device *dev = *link;
		if (dev->references > 0 || dev->inherited)
			continue;
		const uint64_t idle = now - dev->unused_since;
		if (idle >= idle_delay) {
			*link = dev->next;
			return dev;
		}
		/* A delay of UINT64_MAX waits as well. */
		const uint64_t rest = idle_delay - idle < TONGS_WORKER_DONE ? idle_delay - idle : TONGS_WORKER_DONE - 1;
		if (rest < *wait)
			*wait = rest;
	}
	return NULL;
}

/* The worker's task: destroys one idle device. */
static uint64_t reap(void) {
	uint64_t wait;
	pthread_mutex_lock(&lock);
	struct tongs_own_device *dev = take_idle_locked(tongs_clock_now(), &wait);
	pthread_mutex_unlock(&lock);
	if (!dev)
		return wait;
	destroy(dev);
	return 0;
}

static struct tongs_worker_task reaper = {.run = reap, .calls_drivers = true};

__attribute__((constructor)) static void add_reaper(void) {
	tongs_worker_add(&reaper);
}

/* Whether the worker may call drivers: it then stops at exit before their static destructors run. All drivers that were
 * called until now have registered those. */
static bool may_reap_locked(void) {
	const unsigned generation = tongs_vk_get_generation();
	if (generation != stopped_generation && tongs_worker_stop_at_exit())
		stopped_generation = generation;
	return generation == stopped_generation;
}

void tongs_own_device_unref(struct tongs_own_device *dev) {
	if (!dev)
		return;
	pthread_mutex_lock(&lock);
	bool trim = dev->references == 1 && !dev->inherited;
	pthread_mutex_unlock(&lock);
	/* While this reference still keeps the device alive. A later user creates what it needs anew. */
	if (trim)
		trim_transfer(dev);
	pthread_mutex_lock(&lock);
	dev->unused_since = tongs_clock_now();
	const bool wake = --dev->references == 0 && !dev->inherited && may_reap_locked();
	pthread_mutex_unlock(&lock);
	/* If no thread can be started, the device stays until a later call starts one. */
	if (wake)
		tongs_worker_wake(&reaper);
}

#ifdef TONGS_TEST_HOOKS
void tongs_own_device_set_idle_delay(uint64_t nanoseconds) {
	bool any = false;
	pthread_mutex_lock(&lock);
	idle_delay = nanoseconds;
	for (const struct tongs_own_device *dev = list; dev; dev = dev->next)
		any |= dev->references == 0 && !dev->inherited;
	pthread_mutex_unlock(&lock);
	if (any)
		tongs_worker_wake(&reaper);
}

size_t tongs_own_device_count_references(const struct tongs_own_device *dev) {
	pthread_mutex_lock(&lock);
	const size_t references = dev->references;
	pthread_mutex_unlock(&lock);
	return references;
}
#endif

const struct tongs_physical_device_info *tongs_own_device_get_info(const struct tongs_own_device *dev) {
	return &dev->physical.info;
}

/* Compressed formats and views of several cubes are features that must be enabled. */
static VkPhysicalDeviceFeatures choose_features(const VkPhysicalDeviceFeatures *supported) {
	return (VkPhysicalDeviceFeatures){
		.imageCubeArray = supported->imageCubeArray,
		.textureCompressionETC2 = supported->textureCompressionETC2,
		.textureCompressionASTC_LDR = supported->textureCompressionASTC_LDR,
		.textureCompressionBC = supported->textureCompressionBC,
	};
}

/* VUID-vkCmdCopyBufferToImage-commandBuffer-07739: copies of depth and stencil need a graphics queue. */
enum { ANY_ASPECT, DEPTH_STENCIL };

/* A family for transfers alone: on others, copies may wait for the application's rendering. */
static bool only_transfers(const VkQueueFamilyProperties *family) {
	const VkQueueFlags allowed = VK_QUEUE_TRANSFER_BIT | VK_QUEUE_SPARSE_BINDING_BIT | VK_QUEUE_PROTECTED_BIT;
	const VkExtent3D *step = &family->minImageTransferGranularity;
	return (family->queueFlags & VK_QUEUE_TRANSFER_BIT) && !(family->queueFlags & ~allowed) && step->width == 1 &&
	       step->height == 1 && step->depth == 1;
}

/* Chooses the queue families that the VkDevice must be created with, and how many queues that wait. */
static VkResult choose_families(const struct tongs_physical_device *physical,
	uint32_t families[TONGS_TRANSFER_QUEUE_COUNT], uint32_t *waiting_count) {
	uint32_t count = 0;
	physical->vk->GetPhysicalDeviceQueueFamilyProperties(physical->handle, &count, NULL);
	VkQueueFamilyProperties *all = tongs_malloc(count, sizeof(*all));
	if (!all)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	physical->vk->GetPhysicalDeviceQueueFamilyProperties(physical->handle, &count, all);
	families[DEPTH_STENCIL] = 0;
	for (uint32_t i = count; i-- > 0;)
		if (all[i].queueFlags & VK_QUEUE_GRAPHICS_BIT)
			families[DEPTH_STENCIL] = i;
	families[ANY_ASPECT] = families[DEPTH_STENCIL];
	for (uint32_t i = count; i-- > 0;)
		if (only_transfers(&all[i]))
			families[ANY_ASPECT] = i;
	const uint32_t rest =
		count && all[families[DEPTH_STENCIL]].queueCount > 1 ? all[families[DEPTH_STENCIL]].queueCount - 1 : 0;
	*waiting_count = !physical->info.shares_semaphores  ? 0
			 : rest < TONGS_WAITING_QUEUE_COUNT ? rest
							    : TONGS_WAITING_QUEUE_COUNT;
	tongs_free(NULL, all);
	return VK_SUCCESS;
}

static VkResult create_device(const struct tongs_physical_device *physical, bool renders, const uint32_t families[],
	uint32_t waiting_count, VkDevice *device) {
	float priorities[1 + TONGS_WAITING_QUEUE_COUNT];
	VkDeviceQueueCreateInfo queues[TONGS_TRANSFER_QUEUE_COUNT];
	for (unsigned i = 0; i < 1 + TONGS_WAITING_QUEUE_COUNT; i++)
		priorities[i] = 1.0f;
	for (unsigned i = 0; i < TONGS_TRANSFER_QUEUE_COUNT; i++)
		queues[i] = (VkDeviceQueueCreateInfo){
			.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
			.queueFamilyIndex = families[i],
			.queueCount = families[i] == families[DEPTH_STENCIL] ? 1 + waiting_count : 1,
			.pQueuePriorities = priorities,
		};
	VkPhysicalDeviceDynamicRenderingFeatures rendering = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES, .dynamicRendering = VK_TRUE};
	VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
		.pNext = renders ? &rendering : NULL,
		.timelineSemaphore = VK_TRUE};
	const char *extensions[3 + TONGS_RENDERING_EXTENSIONS];
	uint32_t extension_count = 0;
	for (int i = 0; i < 2; i++) {
		const struct tongs_import_kind *kind = tongs_import_find_used(&physical->info.roles, i);
		if (kind)
			extensions[extension_count++] = kind->extension;
	}
	if (physical->info.shares_semaphores)
		extensions[extension_count++] = VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME;
	if (renders)
		extension_count += tongs_physical_device_list_rendering_extensions(
			physical->info.properties.apiVersion, extensions + extension_count);
	const VkPhysicalDeviceFeatures features = choose_features(&physical->info.features);
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = physical->info.shares_semaphores ? (const void *)&timeline : timeline.pNext,
		/* VUID-VkDeviceCreateInfo-queueFamilyIndex-02802: each family occurs once. */
		.queueCreateInfoCount = families[0] == families[1] ? 1 : TONGS_TRANSFER_QUEUE_COUNT,
		.pQueueCreateInfos = queues,
		.enabledExtensionCount = extension_count,
		.ppEnabledExtensionNames = extensions,
		.pEnabledFeatures = &features,
	};
	return physical->vk->CreateDevice(physical->handle, &info, NULL, device);
}

static void get_queues(
	struct tongs_own_device *dev, const uint32_t families[TONGS_TRANSFER_QUEUE_COUNT], uint32_t waiting_count) {
	for (unsigned i = 0; i < TONGS_TRANSFER_QUEUE_COUNT; i++) {
		struct tongs_transfer_queue *queue = &dev->transfer.queues[i];
		queue->family = families[i];
		dev->vkd.GetDeviceQueue(dev->vkd.device, queue->family, 0, &queue->queue);
	}
	for (uint32_t i = 0; i < waiting_count; i++)
		dev->vkd.GetDeviceQueue(dev->vkd.device, families[DEPTH_STENCIL], 1 + i, &dev->waiting.queues[i]);
	atomic_store(&dev->waiting.count, waiting_count);
}

static VkResult create_vk_device_locked(struct tongs_own_device *dev) {
	struct tongs_vk_device vkd = {0};
	uint32_t families[TONGS_TRANSFER_QUEUE_COUNT], waiting_count;
	VkDevice device;
	VkResult result = choose_families(&dev->physical, families, &waiting_count);
	if (result == VK_SUCCESS)
		result = tongs_physical_device_query_rendering(&dev->physical, &dev->rendering);
	if (result == VK_SUCCESS)
		result = create_device(&dev->physical, dev->rendering.is_supported, families, waiting_count, &device);
	if (result != VK_SUCCESS)
		return result;
	const bool complete = tongs_vk_device_init(&vkd, dev->physical.vk, device);
	const bool exports = tongs_import_find_used(&dev->physical.info.roles, true);
	if (exports)
		vkd.GetMemoryFdKHR =
			(PFN_vkGetMemoryFdKHR)dev->physical.vk->GetDeviceProcAddr(device, "vkGetMemoryFdKHR");
	if (!complete || (exports && !vkd.GetMemoryFdKHR))
		result = VK_ERROR_INCOMPATIBLE_DRIVER;
	else
		result = tongs_own_caps_query_pages(dev->caps, &dev->physical, &vkd);
	if (result == VK_SUCCESS) {
		const bool shares = waiting_count && tongs_vk_device_init_semaphores(&vkd, dev->physical.vk);
		if (dev->rendering.is_supported)
			tongs_vk_device_init_rendering(&vkd, dev->physical.vk);
		dev->vkd = vkd;
		get_queues(dev, families, shares ? waiting_count : 0);
	} else if (vkd.DestroyDevice)
		vkd.DestroyDevice(device, NULL);
	return result;
}

static VkResult ensure_vk_device(struct tongs_own_device *dev) {
	VkResult result = VK_SUCCESS;
	pthread_mutex_lock(&dev->lock);
	if (!dev->vkd.device)
		result = create_vk_device_locked(dev);
	pthread_mutex_unlock(&dev->lock);
	if (result != VK_SUCCESS)
		tongs_log_error("the driver cannot create a VkDevice on %s: %s",
			dev->physical.info.properties.deviceName, tongs_vk_result_name(result));
	return result;
}

const struct tongs_vk_device *tongs_own_device_get_vk_device(struct tongs_own_device *dev) {
	return ensure_vk_device(dev) == VK_SUCCESS ? &dev->vkd : NULL;
}

bool tongs_own_device_get_families(struct tongs_own_device *dev, uint32_t *everything, uint32_t *texels) {
	if (!tongs_own_device_get_vk_device(dev))
		return false;
	*everything = tongs_own_device_get_graphics_queue(dev)->family;
	*texels = dev->transfer.queues[ANY_ASPECT].family;
	return true;
}

static VkResult create_commands(const struct tongs_vk_device *vkd, struct tongs_transfer_queue *queue) {
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT | VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
		.queueFamilyIndex = queue->family,
	};
	static const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	VkResult result = vkd->CreateCommandPool(vkd->device, &pool, NULL, &queue->pool);
	if (result != VK_SUCCESS)
		return result;
	const VkCommandBufferAllocateInfo commands = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = queue->pool,
		.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
		.commandBufferCount = 1,
	};
	result = vkd->AllocateCommandBuffers(vkd->device, &commands, &queue->commands);
	if (result == VK_SUCCESS)
		result = vkd->CreateFence(vkd->device, &fence, NULL, &queue->fence);
	if (result != VK_SUCCESS)
		destroy_commands(vkd, queue);
	return result;
}

static VkResult create_staging(struct tongs_own_device *dev) {
	const struct tongs_vk_device *vkd = &dev->vkd;
	struct tongs_transfer *transfer = &dev->transfer;
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = TONGS_STAGING_SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	VkResult result = vkd->CreateBuffer(vkd->device, &info, NULL, &transfer->staging);
	if (result != VK_SUCCESS)
		return result;
	VkMemoryRequirements requirements;
	vkd->GetBufferMemoryRequirements(vkd->device, transfer->staging, &requirements);
	const VkMemoryAllocateInfo allocation = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = requirements.size,
		/* Vulkan guarantees a coherent memory type for every buffer. */
		.memoryTypeIndex =
			(uint32_t)tongs_physical_device_choose_memory_type(&dev->physical, requirements.memoryTypeBits),
	};
	result = vkd->AllocateMemory(vkd->device, &allocation, NULL, &transfer->memory);
	if (result == VK_SUCCESS)
		result = vkd->BindBufferMemory(vkd->device, transfer->staging, transfer->memory, 0);
	if (result == VK_SUCCESS)
		result = vkd->MapMemory(vkd->device, transfer->memory, 0, VK_WHOLE_SIZE, 0, &transfer->bytes);
	if (result != VK_SUCCESS)
		destroy_staging(dev);
	return result;
}

VkResult tongs_own_device_get_transfer_queue_locked(
	struct tongs_own_device *dev, VkImageAspectFlagBits aspect, struct tongs_transfer_queue **queue) {
	bool graphics = aspect == VK_IMAGE_ASPECT_DEPTH_BIT || aspect == VK_IMAGE_ASPECT_STENCIL_BIT;
	struct tongs_transfer_queue *chosen = &dev->transfer.queues[graphics ? DEPTH_STENCIL : ANY_ASPECT];
	VkResult result = chosen->pool ? VK_SUCCESS : create_commands(&dev->vkd, chosen);
	if (result == VK_SUCCESS && !dev->transfer.bytes)
		result = create_staging(dev);
	if (result == VK_SUCCESS)
		*queue = chosen;
	return result;
}

VkResult tongs_own_device_submit(struct tongs_own_device *dev, const struct tongs_transfer_queue *queue,
	VkCommandBuffer commands, VkFence fence) {
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.commandBufferCount = 1,
		.pCommandBuffers = &commands,
	};
	pthread_mutex_lock(&dev->transfer.submit_lock);
	VkResult result = dev->vkd.QueueSubmit(queue->queue, 1, &info, fence);
	pthread_mutex_unlock(&dev->transfer.submit_lock);
	return result;
}

VkQueue tongs_own_device_take_queue(struct tongs_own_device *dev) {
	struct tongs_waiting_queues *waiting = &dev->waiting;
	const uint32_t count = atomic_load(&waiting->count);
	for (uint32_t i = 0; i < count; i++)
		if (!(atomic_fetch_or(&waiting->taken, 1u << i) >> i & 1))
			return waiting->queues[i];
	return NULL;
}

void tongs_own_device_give_queue(struct tongs_own_device *dev, VkQueue queue) {
	const uint32_t count = atomic_load(&dev->waiting.count);
	for (uint32_t i = 0; queue && i < count; i++)
		if (dev->waiting.queues[i] == queue)
			atomic_fetch_and(&dev->waiting.taken, ~(1u << i));
}

uint32_t tongs_own_device_get_memory_types(struct tongs_own_device *dev, const struct tongs_import_kind *kind) {
	if (kind->allocated_by_device)
		return tongs_import_find_accepted(kind, &dev->physical.info.memory);
	if (!dev->caps->page_types)
		ensure_vk_device(dev);
	return dev->caps->page_types;
}

bool tongs_own_device_addresses_are_pointers(struct tongs_own_device *dev) {
	struct tongs_own_caps *caps = dev->caps;
	if (caps->addresses_are_pointers == TONGS_TRISTATE_UNKNOWN) {
		pthread_mutex_lock(&dev->lock);
		if (caps->addresses_are_pointers == TONGS_TRISTATE_UNKNOWN)
			tongs_own_caps_query_addresses(caps, &dev->physical);
		pthread_mutex_unlock(&dev->lock);
	}
	return caps->addresses_are_pointers == TONGS_TRISTATE_YES;
}

/* Gets the driver's requirements from a buffer that is never bound. */
static VkResult measure_buffer(const struct tongs_own_device *dev, const struct tongs_import_kind *kind,
	VkDeviceSize size, VkMemoryRequirements *requirements) {
	const struct tongs_physical_device *physical = &dev->physical;
	const struct tongs_vk_device *vkd = &dev->vkd;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = kind->handle_type,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = size,
		.usage = tongs_buffer_rule_usage(
			kind, physical->vk->GetPhysicalDeviceExternalBufferProperties, physical->handle),
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	VkBuffer buffer;
	if (!info.usage)
		return VK_ERROR_FEATURE_NOT_PRESENT;
	VkResult result = vkd->CreateBuffer(vkd->device, &info, NULL, &buffer);
	if (result != VK_SUCCESS)
		return result;
	vkd->GetBufferMemoryRequirements(vkd->device, buffer, requirements);
	vkd->DestroyBuffer(vkd->device, buffer, NULL);
	return VK_SUCCESS;
}

/* The driver's alignment of buffers in a role; 1 if it has none there. */
static VkDeviceSize measure_alignment(const struct tongs_own_device *dev, enum tongs_role role) {
	const struct tongs_import_kind *kind = dev->physical.info.roles.kinds[role];
	VkMemoryRequirements requirements;
	return kind && measure_buffer(dev, kind, 1, &requirements) == VK_SUCCESS ? requirements.alignment : 1;
}

bool tongs_own_device_query_buffer_requirements(
	struct tongs_own_device *dev, enum tongs_role role, VkDeviceSize size, VkMemoryRequirements *requirements) {
	const struct tongs_physical_device_info *info = &dev->physical.info;
	const struct tongs_import_kind *kind = info->roles.kinds[role];
	if (!tongs_own_device_get_vk_device(dev))
		return false;
	VkResult result = VK_ERROR_FEATURE_NOT_PRESENT;
	VkMemoryRequirements measured = {0};
	/* A larger buffer could never be bound; this also respects maxBufferSize. */
	if (size > info->max_allocation_size)
		result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	else if (kind)
		result = measure_buffer(dev, kind, size, &measured);
	if (result != VK_SUCCESS) {
		tongs_log_error("%s cannot share a buffer of %llu bytes in %s: %s", info->properties.deviceName,
			(unsigned long long)size, kind ? kind->name : "any memory", tongs_vk_result_name(result));
		return false;
	}
	VkDeviceSize alignment = measured.alignment;
	for (enum tongs_role other = 0; other < TONGS_ROLE_COUNT; other++) {
		const VkDeviceSize same = info->roles.kinds[other] == kind ? 1 : measure_alignment(dev, other);
		alignment = alignment > same ? alignment : same;
	}
	tongs_buffer_rule_apply(tongs_buffer_rule_alignment(alignment, &info->properties.limits), &measured);
	*requirements = measured;
	return true;
}
