/* SPDX-License-Identifier: MIT */
/* Creates one instance for each driver and loads the dispatch tables. */
#include "vulkan/vk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

#include <tongs/version.h>

#include "util/alloc.h"
#include "util/fork.h"
#include "vulkan/driver.h"

struct instance {
	struct tongs_vk vk;
	struct tongs_driver driver; /* .library is NULL for the entry point of tongs_vk_set_loader */
	struct instance *next;
};

/* Never held while a driver or the dynamic linker runs: a thread inside one of those may need it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t references;          /* guarded by `lock` */
static struct instance *instances; /* guarded by `lock`; the elements are constant */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_VK, NULL);

#ifdef TONGS_TEST_HOOKS
static _Atomic(PFN_vkGetInstanceProcAddr) loader; /* NULL: use the drivers */
#endif

static atomic_uint generation; /* counts creations; 0: no driver has been called */

unsigned tongs_vk_get_generation(void) {
	return atomic_load(&generation);
}

const char *tongs_vk_result_name(VkResult result) {
#define NAME(name) \
	case name: \
		return #name;
	switch (result) {
		NAME(VK_SUCCESS)
		NAME(VK_INCOMPLETE)
		NAME(VK_ERROR_OUT_OF_HOST_MEMORY)
		NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY)
		NAME(VK_ERROR_INITIALIZATION_FAILED)
		NAME(VK_ERROR_DEVICE_LOST)
		NAME(VK_ERROR_MEMORY_MAP_FAILED)
		NAME(VK_ERROR_LAYER_NOT_PRESENT)
		NAME(VK_ERROR_EXTENSION_NOT_PRESENT)
		NAME(VK_ERROR_FEATURE_NOT_PRESENT)
		NAME(VK_ERROR_INCOMPATIBLE_DRIVER)
		NAME(VK_ERROR_TOO_MANY_OBJECTS)
		NAME(VK_ERROR_FORMAT_NOT_SUPPORTED)
		NAME(VK_ERROR_INVALID_EXTERNAL_HANDLE)
	default:
		return "an unknown VkResult";
	}
#undef NAME
}

static bool load_functions(struct tongs_vk *vk, PFN_vkGetInstanceProcAddr get_instance_proc_addr) {
	bool complete = true;
#define LOAD(name) \
	vk->name = (PFN_vk##name)get_instance_proc_addr(vk->instance, "vk" #name); \
	complete &= vk->name != NULL;
	TONGS_VK_INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
	vk->GetPhysicalDeviceExternalSemaphoreProperties =
		(PFN_vkGetPhysicalDeviceExternalSemaphoreProperties)get_instance_proc_addr(
			vk->instance, "vkGetPhysicalDeviceExternalSemaphoreProperties");
	return complete;
}

bool tongs_vk_device_init(struct tongs_vk_device *vkd, const struct tongs_vk *vk, VkDevice device) {
	bool complete = true;
	atomic_fetch_add(&generation, 1);
	vkd->device = device;
#define LOAD(name) \
	vkd->name = (PFN_vk##name)vk->GetDeviceProcAddr(device, "vk" #name); \
	complete &= vkd->name != NULL;
	TONGS_VK_DEVICE_FUNCTIONS(LOAD)
#undef LOAD
	return complete;
}

/* By its name in Vulkan, or that of the extension which it came from. */
#define LOAD(name) \
	vkd->name = (PFN_vk##name)vk->GetDeviceProcAddr(vkd->device, "vk" #name); \
	if (!vkd->name) \
		vkd->name = (PFN_vk##name)vk->GetDeviceProcAddr(vkd->device, "vk" #name "KHR"); \
	complete &= vkd->name != NULL;
#define FORGET(name) vkd->name = NULL;

bool tongs_vk_device_init_semaphores(struct tongs_vk_device *vkd, const struct tongs_vk *vk) {
	bool complete = true;
	TONGS_VK_SEMAPHORE_FUNCTIONS(LOAD)
	if (!complete) {
		TONGS_VK_SEMAPHORE_FUNCTIONS(FORGET)
	}
	return complete;
}

bool tongs_vk_device_init_rendering(struct tongs_vk_device *vkd, const struct tongs_vk *vk) {
	bool complete = true;
	TONGS_VK_RENDERING_FUNCTIONS(LOAD)
	if (!complete) {
		TONGS_VK_RENDERING_FUNCTIONS(FORGET)
	}
	return complete;
}

#undef LOAD
#undef FORGET

static VkResult create_vk_instance(struct tongs_vk *vk, PFN_vkGetInstanceProcAddr get_instance_proc_addr) {
	PFN_vkEnumerateInstanceVersion enumerate_version =
		(PFN_vkEnumerateInstanceVersion)get_instance_proc_addr(NULL, "vkEnumerateInstanceVersion");
	PFN_vkCreateInstance create = (PFN_vkCreateInstance)get_instance_proc_addr(NULL, "vkCreateInstance");
	uint32_t version = VK_API_VERSION_1_0;
	if (!create || !enumerate_version || enumerate_version(&version) != VK_SUCCESS || version < VK_API_VERSION_1_1)
		return VK_ERROR_INCOMPATIBLE_DRIVER;

	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.pApplicationName = "libtongs",
		.applicationVersion =
			VK_MAKE_API_VERSION(0, TONGS_VERSION_MAJOR, TONGS_VERSION_MINOR, TONGS_VERSION_PATCH),
		.apiVersion = VK_API_VERSION_1_3,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
	};
	VkResult result = create(&info, NULL, &vk->instance);
	atomic_fetch_add(&generation, 1);
	if (result != VK_SUCCESS || load_functions(vk, get_instance_proc_addr))
		return result;
	if (vk->DestroyInstance)
		vk->DestroyInstance(vk->instance, NULL);
	return VK_ERROR_INCOMPATIBLE_DRIVER;
}

static void destroy_instance(struct instance *instance) {
	instance->vk.DestroyInstance(instance->vk.instance, NULL);
	if (instance->driver.library)
		tongs_driver_close(&instance->driver);
	tongs_free(NULL, instance);
}

/* Takes ownership of `driver` on success. */
static VkResult create_instance(const struct tongs_driver *driver, struct instance **created) {
	struct instance *instance = tongs_malloc(1, sizeof(*instance));
	if (!instance)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = driver->library ? tongs_driver_negotiate(driver) : VK_SUCCESS;
	if (result == VK_SUCCESS)
		result = create_vk_instance(&instance->vk, driver->get_instance_proc_addr);
	if (result == VK_SUCCESS) {
		instance->driver = *driver;
		*created = instance;
	} else
		tongs_free(NULL, instance);
	return result;
}

static const struct tongs_vk *find_locked(const struct tongs_driver *driver) {
	for (const struct instance *instance = instances; instance; instance = instance->next)
		if (instance->driver.library == driver->library &&
			instance->driver.get_instance_proc_addr == driver->get_instance_proc_addr)
			return &instance->vk;
	return NULL;
}

/* Returns the driver's instance; adds `created` if there is none. `created` may be NULL. */
static const struct tongs_vk *find_or_add(const struct tongs_driver *driver, struct instance *created) {
	pthread_mutex_lock(&lock);
	const struct tongs_vk *vk = find_locked(driver);
	if (!vk && created) {
		created->next = instances;
		instances = created;
		vk = &created->vk;
	}
	pthread_mutex_unlock(&lock);
	return vk;
}

/* Takes ownership of `driver`. Two threads may create an instance at the same time; the second one is destroyed. */
static VkResult get_instance(struct tongs_driver *driver, const struct tongs_vk **vk) {
	struct instance *created = NULL;
	VkResult result = VK_SUCCESS;
	*vk = find_or_add(driver, NULL);
	if (!*vk) {
		result = create_instance(driver, &created);
		if (created)
			*vk = find_or_add(driver, created);
	}
	if (created && *vk != &created->vk)
		destroy_instance(created);
	else if (!created && driver->library)
		tongs_driver_close(driver);
	return result;
}

static VkResult get_library_instance(const char *library, bool load, const struct tongs_vk **vk) {
	struct tongs_driver driver;
	VkResult result = tongs_driver_open(library, load, &driver);
	return result == VK_SUCCESS ? get_instance(&driver, vk) : result;
}

struct walk {
	bool (*visit)(const struct tongs_vk *vk, void *user);
	void *user;
	struct tongs_vk_failure *failure;
	bool ended;
};

/* Out of memory ends the walk: all that follows would fail, too. */
static void record_failure(struct walk *walk, VkResult result, const char *what) {
	if (result == VK_SUCCESS || result == VK_NOT_READY)
		return;
	if (result == VK_ERROR_INCOMPATIBLE_DRIVER && walk->failure->result != VK_SUCCESS)
		return;
	walk->failure->result = result;
	snprintf(walk->failure->what, sizeof(walk->failure->what), "%s", what);
	walk->ended |= result == VK_ERROR_OUT_OF_HOST_MEMORY;
}

static void walk_libraries(struct walk *walk, const struct tongs_list *libraries, bool load) {
	char *const *paths = libraries->items;
	for (size_t i = 0; i < libraries->count && !walk->ended; i++) {
		const struct tongs_vk *vk;
		VkResult result = get_library_instance(paths[i], load, &vk);
		record_failure(walk, result, paths[i]);
		walk->ended |= result == VK_SUCCESS && !walk->visit(vk, walk->user);
	}
}

/* Loading a driver takes longer than everything else here, so those that the process has loaded come first, in the
 * order of the installed ones. Visiting a driver twice is harmless. */
static void walk_drivers(struct walk *walk, enum tongs_vk_scope scope) {
	struct tongs_list installed = {0}, loaded = {0};
	record_failure(walk, tongs_driver_list_installed(&installed), "the drivers' manifests");
	if (scope == TONGS_VK_ALL) {
		walk_libraries(walk, &installed, false);
		if (!walk->ended)
			record_failure(walk, tongs_driver_list_loaded(&loaded), "the libraries of the process");
		walk_libraries(walk, &loaded, false);
	}
	walk_libraries(walk, &installed, true);
	tongs_strings_finish(&loaded);
	tongs_strings_finish(&installed);
}

void tongs_vk_visit(enum tongs_vk_scope scope, bool (*visit)(const struct tongs_vk *vk, void *user), void *user,
	struct tongs_vk_failure *failure) {
	struct walk walk = {.visit = visit, .user = user, .failure = failure};
	*failure = (struct tongs_vk_failure){0};
#ifdef TONGS_TEST_HOOKS
	struct tongs_driver replacement = {.get_instance_proc_addr = atomic_load(&loader)};
	if (replacement.get_instance_proc_addr) {
		const struct tongs_vk *vk;
		VkResult result = get_instance(&replacement, &vk);
		record_failure(&walk, result, "the Vulkan loader");
		if (result == VK_SUCCESS)
			visit(vk, user);
		return;
	}
#endif
	walk_drivers(&walk, scope);
}

#ifdef TONGS_TEST_HOOKS
void tongs_vk_set_loader(PFN_vkGetInstanceProcAddr get_instance_proc_addr) {
	loader = get_instance_proc_addr;
}
#endif

void tongs_vk_ref(void) {
	pthread_mutex_lock(&lock);
	references++;
	pthread_mutex_unlock(&lock);
}

void tongs_vk_unref(void) {
	struct instance *unused = NULL;
	pthread_mutex_lock(&lock);
	if (--references == 0) {
		unused = instances;
		instances = NULL;
	}
	pthread_mutex_unlock(&lock);
	while (unused) {
		struct instance *next = unused->next;
		destroy_instance(unused);
		unused = next;
	}
}
