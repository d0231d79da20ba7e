/* SPDX-License-Identifier: MIT */
/* vkCreateSemaphore and vkCreateEvent with an MTLSharedEvent of VK_EXT_metal_objects.
 *
 * A signal of the CPU reaches the other side in the same call. The GPU's are seen by a thread for each semaphore, which
 * waits for the next value. One thread for all, or one that something else could wake, would wait for any of several
 * semaphores, for which Mesa's software drivers spin.
 *
 * Where the driver shares timeline semaphores, libtongs' own device imports the semaphore, and so do other VkDevices
 * that have the event: then the GPU waits for other GPU work without the CPU, and the thread is for what the CPU sees.
 * Its semaphore cannot wake the thread there, because others would see the signal; a semaphore of its own does. */
#include "layer/mirror.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "layer/chain.h"
#include "layer/report.h"
#include "util/alloc.h"
#include "util/fork.h"
#include "util/thread.h"

static const VkStructureType EXPORT = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
			     IMPORT = VK_STRUCTURE_TYPE_IMPORT_METAL_SHARED_EVENT_INFO_EXT;

/* How long a thread waits before it looks whether the process exits: only a signal wakes it, and the program may still
 * use the semaphore then. exit() waits for it. Where another device may have the semaphore, too, and nothing else can
 * wake the thread, vkDestroySemaphore waits for it. */
enum { SEMAPHORE_PATIENCE = 100000000 /* ns */, SHARED_SEMAPHORE_PATIENCE = 10000000 };
/* After so many signals in a row that were the CPU's, a thread pauses before it waits for the next: each would wake it
 * for nothing, and those that take turns would wait for it. */
enum { CPU_SIGNALS = 8, CPU_PAUSE = 100000 /* ns */ };
/* Before a thread asks a driver again that is out of memory. */
enum { FAILURE_PAUSE = 10000000 /* ns */ };
/* How often a thread looks at a VkEvent that the GPU may set, for which nothing can wait. */
enum { EVENT_PERIOD = 500000 /* ns */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool at_exit; /* guarded by lock: stop_all is registered */
/* 1, and 1 more in each child of fork(), which has none of its parent's threads. */
static _Atomic uint32_t process = 1;
/* No thread may be inside a driver while that ends. */
static atomic_bool exiting;
static atomic_uint running;

static void begin_child(void) {
	atomic_fetch_add(&process, 1);
	atomic_store(&running, 0);
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_MIRRORS, begin_child);

/* Held while the CPU signals a semaphore: the program may signal the next value, which it has seen on another VkDevice,
 * while a mirror still takes that one here. */
static pthread_mutex_t signal_lock = PTHREAD_MUTEX_INITIALIZER;

TONGS_FORK_STATIC_LOCK(&signal_lock, TONGS_LOCK_SIGNAL, NULL);

static void pause_for(long nanoseconds) {
	nanosleep(&(const struct timespec){.tv_nsec = nanoseconds}, NULL);
}

/* At most a second, for a driver may hang. */
static void stop_all(void) {
	atomic_store(&exiting, true);
	for (int i = 0; i < 1000 && atomic_load(&running) > 0; i++)
		pause_for(1000000);
}

/* A child leaves its parent's devices alone: a thread of the parent's may have been in the driver. */
static bool is_of_process(const struct tongs_layer_mirror *mirror) {
	return mirror->process == atomic_load(&process);
}

/* Vulkan's value; 1 of a VkEvent that is set. `value` stays on failure. */
static VkResult try_read(const struct tongs_layer_mirror *mirror, uint64_t *value) {
	struct tongs_layer_device *dev = mirror->dev;
	uint64_t read;
	VkResult result;
	if (mirror->semaphore) {
		result = dev->next.GetSemaphoreCounterValue(dev->handle, mirror->semaphore, &read);
	} else {
		result = dev->next.GetEventStatus(dev->handle, mirror->event);
		read = result == VK_EVENT_SET;
		result = result == VK_EVENT_SET || result == VK_EVENT_RESET ? VK_SUCCESS : result;
	}
	if (result == VK_SUCCESS)
		*value = read;
	return result;
}

/* False: it is not known. */
static bool read_value(const struct tongs_layer_mirror *mirror, uint64_t *value) {
	return try_read(mirror, value) == VK_SUCCESS;
}

static VkResult signal_semaphore(const struct tongs_layer_mirror *mirror, VkSemaphore semaphore, uint64_t value) {
	const VkSemaphoreSignalInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
		.semaphore = semaphore,
		.value = value,
	};
	return mirror->dev->next.SignalSemaphore(mirror->dev->handle, &info);
}

static struct tongs_layer_mirror *from_event(struct tongs_event_mirror *in_event) {
	return (struct tongs_layer_mirror *)((char *)in_event - offsetof(struct tongs_layer_mirror, in_event));
}

/* Never to a value that Vulkan has, or had: that comes back from the thread, and from other mirrors. Libtongs' thread
 * that watches other processes may call it at any time. */
static void signal_vulkan(struct tongs_event_mirror *in_event, uint64_t value) {
	struct tongs_layer_mirror *mirror = from_event(in_event);
	struct tongs_layer_device *dev = mirror->dev;
	uint64_t old;
	atomic_fetch_add(&running, 1);
	pthread_mutex_lock(&signal_lock);
	const bool lags = !atomic_load(&exiting) && is_of_process(mirror) && read_value(mirror, &old) && old < value;
	if (lags && mirror->semaphore)
		signal_semaphore(mirror, mirror->semaphore, value);
	else if (lags)
		dev->next.SetEvent(dev->handle, mirror->event);
	pthread_mutex_unlock(&signal_lock);
	atomic_fetch_sub(&running, 1);
}

/* At exit semaphores may get values that only wake the GPU. */
static uint64_t read_vulkan(struct tongs_event_mirror *in_event) {
	struct tongs_layer_mirror *mirror = from_event(in_event);
	uint64_t value = 0;
	atomic_fetch_add(&running, 1);
	const bool known =
		!atomic_load(&exiting) && is_of_process(mirror) && read_value(mirror, &value) && !tongs_event_is_over();
	atomic_fetch_sub(&running, 1);
	return known ? value : 0;
}

/* Returns when Vulkan's value may be more than `value`, or after a while. False: it never will. */
static bool wait_for_vulkan(struct tongs_layer_mirror *mirror, uint64_t value) {
	struct tongs_layer_device *dev = mirror->dev;
	if (!mirror->semaphore) {
		pause_for(EVENT_PERIOD);
		return value == 0;
	}
	const uint64_t next = value + 1;
	const VkSemaphore semaphores[] = {mirror->semaphore, mirror->waker};
	const uint64_t values[] = {next, 1};
	const VkSemaphoreWaitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
		.flags = mirror->waker ? VK_SEMAPHORE_WAIT_ANY_BIT : 0,
		.semaphoreCount = mirror->waker ? 2 : 1,
		.pSemaphores = semaphores,
		.pValues = values,
	};
	if (next == 0)
		return false;
	/* In sequentially consistent order: stop sees for what to wake the thread, or the thread that it is to end. */
	atomic_store(&mirror->awaited, next);
	if (atomic_load(&mirror->stopping))
		return false;
	const uint64_t patience = mirror->shared && !mirror->waker ? SHARED_SEMAPHORE_PATIENCE : SEMAPHORE_PATIENCE;
	const VkResult result = dev->next.WaitSemaphores(dev->handle, &info, patience);
	if (result != VK_SUCCESS && result != VK_TIMEOUT)
		pause_for(FAILURE_PAUSE);
	return result != VK_ERROR_DEVICE_LOST;
}

static void *run(void *user) {
	struct tongs_layer_mirror *mirror = user;
	uint64_t vulkan = 0, last = 0;
	unsigned by_cpu = 0;
	/* What is read before `stopping` is seen is no value that only wakes the thread; at exit, none that only wakes
	 * the GPU. */
	VkResult result;
	while ((result = try_read(mirror, &vulkan)) != VK_ERROR_DEVICE_LOST && !atomic_load(&mirror->stopping) &&
		!atomic_load(&exiting) && !tongs_event_is_over()) {
		uint64_t value = tongs_event_get_value(mirror->object);
		if (result != VK_SUCCESS)
			pause_for(FAILURE_PAUSE);
		else if (vulkan < value)
			signal_vulkan(&mirror->in_event, value);
		if (vulkan > last)
			by_cpu = vulkan <= value || vulkan <= atomic_load(&mirror->from_cpu) ? by_cpu + 1 : 0;
		if (vulkan > value) {
			tongs_shared_event_set_signaled_value(mirror->object, vulkan);
			value = vulkan;
		}
		if (vulkan > last && by_cpu >= CPU_SIGNALS)
			pause_for(CPU_PAUSE);
		last = vulkan;
		if (!wait_for_vulkan(mirror, value))
			break;
	}
	atomic_fetch_sub(&running, 1);
	return NULL;
}

static bool start_thread(struct tongs_layer_mirror *mirror) {
	pthread_mutex_lock(&lock);
	const bool first = !at_exit;
	at_exit = true;
	pthread_mutex_unlock(&lock);
	/* Registered after the driver was loaded, it is called before the driver's own. */
	if (first)
		atexit(stop_all);
	atomic_fetch_add(&running, 1);
	const bool started = tongs_thread_start(&mirror->thread, run, mirror);
	if (!started)
		atomic_fetch_sub(&running, 1);
	return started;
}

/* Nobody else signals the semaphore any more: so the thread can be woken by it. */
static void wake_thread(struct tongs_layer_mirror *mirror) {
	const uint64_t awaited = atomic_load(&mirror->awaited);
	uint64_t value;
	if (mirror->waker) {
		signal_semaphore(mirror, mirror->waker, 1);
		return;
	}
	if (!mirror->semaphore || mirror->shared)
		return;
	pthread_mutex_lock(&signal_lock);
	if (read_value(mirror, &value) && value < awaited)
		signal_semaphore(mirror, mirror->semaphore, awaited);
	pthread_mutex_unlock(&signal_lock);
}

/* For a signal of Vulkan's CPU side, after which another thread may destroy the semaphore. A reference; NULL: it is no
 * shared event. */
static struct tongs_shared_event *acquire_object(struct tongs_map *map, uint64_t key, uint64_t value) {
	struct tongs_layer_mirror *mirror = tongs_map_get(map, key);
	if (!mirror || !is_of_process(mirror))
		return NULL;
	atomic_store(&mirror->from_cpu, value);
	return tongs_shared_event_ref(mirror->object);
}

/* Does not wait for the thread. Gives up the reference. */
static void follow(struct tongs_shared_event *object, VkResult result, uint64_t value) {
	if (object && result == VK_SUCCESS)
		tongs_shared_event_set_signaled_value(object, value);
	tongs_shared_event_unref(object);
}

/* After the semaphore or event was created. The event has the larger of both values then. */
static bool start(struct tongs_layer_mirror *mirror) {
	uint64_t value = 0;
	mirror->in_event.signal = signal_vulkan;
	mirror->in_event.read = read_vulkan;
	if (read_value(mirror, &value))
		tongs_shared_event_set_signaled_value(mirror->object, value);
	tongs_event_add_mirror(mirror->object, &mirror->in_event);
	if (start_thread(mirror))
		return true;
	tongs_event_remove_mirror(mirror->object, &mirror->in_event);
	return false;
}

/* Before the semaphore or event is destroyed. What Vulkan signaled last stays in the event. */
static void stop(struct tongs_layer_mirror *mirror) {
	uint64_t value;
	atomic_store(&mirror->stopping, true);
	tongs_event_remove_mirror(mirror->object, &mirror->in_event);
	if (!is_of_process(mirror))
		return;
	if (read_value(mirror, &value)) {
		tongs_shared_event_set_signaled_value(mirror->object, value);
		wake_thread(mirror);
	}
	pthread_join(mirror->thread, NULL);
}

/* After the semaphore or event was created, whose `key` finds the mirror in `map`. */
static VkResult publish(struct tongs_layer_mirror *mirror, struct tongs_map *map, uint64_t key) {
	if (!start(mirror))
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	if (tongs_map_insert(map, key, mirror))
		return VK_SUCCESS;
	stop(mirror);
	return VK_ERROR_OUT_OF_HOST_MEMORY;
}

static void destroy(struct tongs_layer_mirror *mirror, const VkAllocationCallbacks *callbacks) {
	tongs_interop_release(mirror->object);
	tongs_allocator_free_object(&mirror->allocator, callbacks);
}

/* The application's semaphore goes with the device. */
static void stop_left(void *value, void *user) {
	struct tongs_layer_mirror *mirror = value;
	(void)user;
	stop(mirror);
	mirror->dev->next.DestroySemaphore(mirror->dev->handle, mirror->waker, NULL);
	destroy(mirror, NULL);
}

void tongs_mirror_finish(struct tongs_layer_device *dev) {
	tongs_map_clear(&dev->semaphores, stop_left, NULL);
	tongs_map_clear(&dev->events, stop_left, NULL);
}

/* The event of a create info: imported, or a new one. Reports what is wrong with an import. */
static VkResult get_object(
	struct tongs_layer_device *dev, const void *pNext, bool exported, struct tongs_shared_event **object) {
	const VkImportMetalSharedEventInfoEXT *import = tongs_chain_find(pNext, IMPORT);
	char what[TONGS_HANDLE_TEXT_SIZE];
	*object = NULL;
	if (!import && !exported)
		return VK_SUCCESS;
	if (!import) {
		*object = tongs_device_new_shared_event(dev->metal);
		return *object ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	void *handle = (void *)import->mtlSharedEvent;
	*object = tongs_interop_acquire(handle, TONGS_KIND_SHARED_EVENT);
	if (*object)
		return VK_SUCCESS;
	tongs_report(dev, "TONGS-metal-object", TONGS_SUBJECTS(TONGS_METAL(handle, NULL)),
		"mtlSharedEvent is %p, which %s: pass a retained MTLSharedEvent", handle,
		tongs_interop_describe_handle(handle, what));
	return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

static struct tongs_layer_mirror *create(struct tongs_layer_device *dev, const void *pNext, bool exported,
	const VkAllocationCallbacks *callbacks, VkResult *result) {
	struct tongs_shared_event *object;
	*result = get_object(dev, pNext, exported, &object);
	if (*result != VK_SUCCESS || !object)
		return NULL;
	struct tongs_layer_mirror *mirror = tongs_allocator_new_object(
		callbacks, dev->allocator.callbacks, sizeof(*mirror), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (!mirror) {
		tongs_interop_release(object);
		*result = VK_ERROR_OUT_OF_HOST_MEMORY;
		return NULL;
	}
	mirror->dev = dev;
	mirror->object = object;
	mirror->exported = exported;
	mirror->process = atomic_load(&process);
	return mirror;
}

/* The chain without the structs of VK_EXT_metal_objects, which no driver knows. To be finished in any case. */
static VkResult init_chain(struct tongs_layer_device *dev, struct tongs_chain *chain, const void *pNext,
	const VkAllocationCallbacks *callbacks) {
	const VkStructureType edited[] = {EXPORT, IMPORT};
	VkResult result =
		tongs_chain_init(chain, pNext, edited, 2, tongs_allocator_choose(callbacks, dev->allocator.callbacks));
	if (result == VK_ERROR_VALIDATION_FAILED_EXT)
		tongs_report_unknown_struct(dev, chain);
	for (int i = 0; i < 2 && result == VK_SUCCESS; i++)
		tongs_chain_remove(chain, edited[i]);
	return result;
}

static bool has_structs(const struct tongs_layer_device *dev, const void *pNext) {
	return dev->objects_enabled && (tongs_chain_find(pNext, EXPORT) || tongs_chain_find(pNext, IMPORT));
}

static VkResult check_semaphore(struct tongs_layer_device *dev, const VkSemaphoreCreateInfo *info, bool *exported) {
	const VkSemaphoreTypeCreateInfo *type =
		tongs_chain_find(info->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
	struct tongs_wrong_export wrong;
	*exported = tongs_export_read(info->pNext, VK_EXPORT_METAL_OBJECT_TYPE_METAL_SHARED_EVENT_BIT_EXT, &wrong);
	if (tongs_report_wrong_export(
		    dev, &wrong, "VUID-VkSemaphoreCreateInfo-pNext-06789", NULL, "a semaphore", "METAL_SHARED_EVENT"))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	if (type && type->semaphoreType == VK_SEMAPHORE_TYPE_TIMELINE)
		return VK_SUCCESS;
	tongs_report(dev, "TONGS-metal-event", NULL,
		"a binary semaphore is to be an MTLSharedEvent, which has a value that grows: chain "
		"VkSemaphoreTypeCreateInfo with VK_SEMAPHORE_TYPE_TIMELINE");
	return VK_ERROR_FEATURE_NOT_PRESENT;
}

static int export_fd(struct tongs_event_mirror *in_event) {
	const struct tongs_layer_mirror *mirror = from_event(in_event);
	const VkSemaphoreGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR,
		.semaphore = mirror->semaphore,
		.handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	int fd;
	if (!is_of_process(mirror) ||
		mirror->dev->next.GetSemaphoreFdKHR(mirror->dev->handle, &info, &fd) != VK_SUCCESS)
		return -1;
	return fd;
}

/* Has the semaphore be that of other VkDevices, which the event is already, if one of them shares it. The event has the
 * semaphore's own value before, for that is lost. */
static void join_others(struct tongs_layer_mirror *mirror) {
	struct tongs_layer_device *dev = mirror->dev;
	uint64_t value;
	const int fd = tongs_event_export_fd(mirror->object);
	const VkImportSemaphoreFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR,
		.semaphore = mirror->semaphore,
		.handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
		.fd = fd,
	};
	if (fd < 0)
		return;
	if (read_value(mirror, &value))
		tongs_shared_event_set_signaled_value(mirror->object, value);
	if (dev->next.ImportSemaphoreFdKHR(dev->handle, &info) == VK_SUCCESS)
		mirror->in_event.export_fd = NULL;
	else
		close(fd);
}

/* The waking semaphore, and what makes the semaphore one of several VkDevices, where the driver can: those of the
 * event's MTLDevice, for the file descriptors are of one physical device alone. */
static VkResult share(struct tongs_layer_mirror *mirror) {
	static const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	struct tongs_layer_device *dev = mirror->dev;
	const VkResult result = dev->next.CreateSemaphore(dev->handle, &info, NULL, &mirror->waker);
	if (result != VK_SUCCESS)
		return result;
	if (tongs_shared_event_get_device(mirror->object) == dev->metal) {
		mirror->in_event.export_fd = export_fd;
		join_others(mirror);
	}
	return VK_SUCCESS;
}

/* The driver's semaphore: for export as a file descriptor, too, unless the application chose other types for it. */
static VkResult create_semaphore(
	struct tongs_layer_mirror *mirror, const VkSemaphoreCreateInfo *info, const VkAllocationCallbacks *callbacks) {
	struct tongs_layer_device *dev = mirror->dev;
	const VkExportSemaphoreCreateInfo *chosen =
		tongs_chain_find(info->pNext, VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO);
	const VkExportSemaphoreCreateInfo exported = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
		.pNext = info->pNext,
		.handleTypes = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	const bool shares = dev->shares_semaphores && (!chosen || (chosen->handleTypes & exported.handleTypes));
	VkSemaphoreCreateInfo driver_info = *info;
	if (shares && !chosen)
		driver_info.pNext = &exported;
	mirror->shared = shares || chosen;
	VkResult result = dev->next.CreateSemaphore(dev->handle, &driver_info, callbacks, &mirror->semaphore);
	if (result == VK_SUCCESS && shares)
		result = share(mirror);
	return result;
}

static void destroy_semaphore(struct tongs_layer_mirror *mirror, const VkAllocationCallbacks *callbacks) {
	struct tongs_layer_device *dev = mirror->dev;
	dev->next.DestroySemaphore(dev->handle, mirror->waker, NULL);
	dev->next.DestroySemaphore(dev->handle, mirror->semaphore, callbacks);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateSemaphore(VkDevice device, const VkSemaphoreCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkSemaphore *pSemaphore) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_chain chain;
	bool exported;
	if (!has_structs(dev, pCreateInfo->pNext))
		return dev->next.CreateSemaphore(device, pCreateInfo, pAllocator, pSemaphore);
	*pSemaphore = VK_NULL_HANDLE;
	VkSemaphoreCreateInfo driver_info = *pCreateInfo;
	VkResult result = check_semaphore(dev, pCreateInfo, &exported);
	if (result != VK_SUCCESS)
		return result;
	struct tongs_layer_mirror *mirror = create(dev, pCreateInfo->pNext, exported, pAllocator, &result);
	if (!mirror)
		return result;
	result = init_chain(dev, &chain, pCreateInfo->pNext, pAllocator);
	driver_info.pNext = chain.head;
	if (result == VK_SUCCESS)
		result = create_semaphore(mirror, &driver_info, pAllocator);
	tongs_chain_finish(&chain);
	if (result == VK_SUCCESS)
		result = publish(mirror, &dev->semaphores, TONGS_KEY(mirror->semaphore));
	if (result == VK_SUCCESS) {
		*pSemaphore = mirror->semaphore;
		return VK_SUCCESS;
	}
	destroy_semaphore(mirror, pAllocator);
	destroy(mirror, pAllocator);
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroySemaphore(
	VkDevice device, VkSemaphore semaphore, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_mirror *mirror =
		dev->objects_enabled ? tongs_map_remove(&dev->semaphores, TONGS_KEY(semaphore)) : NULL;
	if (mirror)
		stop(mirror);
	if (dev->objects_enabled)
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_SEMAPHORE, TONGS_KEY(semaphore));
	if (mirror) {
		destroy_semaphore(mirror, pAllocator);
		destroy(mirror, pAllocator);
	} else {
		dev->next.DestroySemaphore(device, semaphore, pAllocator);
	}
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_SignalSemaphore(VkDevice device, const VkSemaphoreSignalInfo *pSignalInfo) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_shared_event *object = NULL;
	if (dev->objects_enabled)
		object = acquire_object(&dev->semaphores, TONGS_KEY(pSignalInfo->semaphore), pSignalInfo->value);
	if (object)
		pthread_mutex_lock(&signal_lock);
	const VkResult result = dev->next.SignalSemaphore(device, pSignalInfo);
	if (object)
		pthread_mutex_unlock(&signal_lock);
	follow(object, result, pSignalInfo->value);
	return result;
}

/* VK_EVENT_CREATE_DEVICE_ONLY_BIT: the host can neither read nor set it. */
static VkResult check_event(struct tongs_layer_device *dev, const VkEventCreateInfo *info, bool *exported) {
	struct tongs_wrong_export wrong;
	*exported = tongs_export_read(info->pNext, VK_EXPORT_METAL_OBJECT_TYPE_METAL_SHARED_EVENT_BIT_EXT, &wrong);
	if (tongs_report_wrong_export(
		    dev, &wrong, "VUID-VkEventCreateInfo-pNext-06790", NULL, "an event", "METAL_SHARED_EVENT"))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	if (!(info->flags & VK_EVENT_CREATE_DEVICE_ONLY_BIT))
		return VK_SUCCESS;
	tongs_report(dev, "TONGS-metal-event", NULL,
		"an event of the device alone is to be an MTLSharedEvent, which the CPU reads and signals: leave out "
		"VK_EVENT_CREATE_DEVICE_ONLY_BIT");
	return VK_ERROR_FEATURE_NOT_PRESENT;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateEvent(VkDevice device, const VkEventCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkEvent *pEvent) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_chain chain;
	bool exported;
	if (!has_structs(dev, pCreateInfo->pNext))
		return dev->next.CreateEvent(device, pCreateInfo, pAllocator, pEvent);
	*pEvent = VK_NULL_HANDLE;
	VkEventCreateInfo driver_info = *pCreateInfo;
	VkResult result = check_event(dev, pCreateInfo, &exported);
	if (result != VK_SUCCESS)
		return result;
	struct tongs_layer_mirror *mirror = create(dev, pCreateInfo->pNext, exported, pAllocator, &result);
	if (!mirror)
		return result;
	result = init_chain(dev, &chain, pCreateInfo->pNext, pAllocator);
	driver_info.pNext = chain.head;
	if (result == VK_SUCCESS)
		result = dev->next.CreateEvent(device, &driver_info, pAllocator, &mirror->event);
	tongs_chain_finish(&chain);
	if (result != VK_SUCCESS)
		goto fail;
	result = publish(mirror, &dev->events, TONGS_KEY(mirror->event));
	if (result != VK_SUCCESS)
		goto fail_created;
	*pEvent = mirror->event;
	return VK_SUCCESS;

fail_created:
	dev->next.DestroyEvent(device, mirror->event, pAllocator);
fail:
	destroy(mirror, pAllocator);
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyEvent(VkDevice device, VkEvent event, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_mirror *mirror =
		dev->objects_enabled ? tongs_map_remove(&dev->events, TONGS_KEY(event)) : NULL;
	if (mirror)
		stop(mirror);
	if (dev->objects_enabled)
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_EVENT, TONGS_KEY(event));
	dev->next.DestroyEvent(device, event, pAllocator);
	if (mirror)
		destroy(mirror, pAllocator);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_SetEvent(VkDevice device, VkEvent event) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_shared_event *object =
		dev->objects_enabled ? acquire_object(&dev->events, TONGS_KEY(event), 1) : NULL;
	const VkResult result = dev->next.SetEvent(device, event);
	follow(object, result, 1);
	return result;
}
