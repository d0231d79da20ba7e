/* SPDX-License-Identifier: MIT */
/* Driver libraries: found among those of the process, loaded, and agreed with. */
#define _GNU_SOURCE /* dl_iterate_phdr, dladdr; NOLINT(bugprone-reserved-identifier) */
#include "vulkan/driver.h"

#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

/* The newest interface of drivers that exists; older ones lower it. From 5 on a driver takes any apiVersion. The other
 * differences are the loader's business: surfaces, and whose commands of physical devices are whose. */
enum { NEWEST_INTERFACE = 7 };

typedef VkResult(VKAPI_PTR *negotiate_function)(uint32_t *version);

/* dlsym gives an object pointer, which ISO C does not let one convert. */
static PFN_vkVoidFunction find_symbol(void *library, const char *name) {
	PFN_vkVoidFunction function;
	void *address = dlsym(library, name);
	memcpy(&function, &address, sizeof(function));
	return function;
}

/* dlsym looks into what a library depends on, too; a program that is linked to a driver is none. */
static bool exports(void *library, const char *name) {
	Dl_info info;
	struct link_map *map;
	void *address = dlsym(library, name);
	return address && dladdr(address, &info) && dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 &&
	       strcmp(info.dli_fname, map->l_name) == 0;
}

static bool is_driver(const char *library) {
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
	if (!handle)
		return false;
	bool is = exports(handle, "vk_icdGetInstanceProcAddr");
	dlclose(handle);
	return is;
}

/* Inside the dynamic linker, so no library is looked at here. The program itself has no name. */
static int add_name(struct dl_phdr_info *info, size_t size, void *user) {
	(void)size;
	if (!info->dlpi_name || !*info->dlpi_name)
		return 0;
	return !tongs_strings_add(user, info->dlpi_name, strlen(info->dlpi_name));
}

VkResult tongs_driver_list_loaded(struct tongs_strings *libraries) {
	struct tongs_strings all = {0};
	bool room = dl_iterate_phdr(add_name, &all) == 0;
	for (size_t i = 0; i < all.count && room; i++)
		if (is_driver(all.items[i]))
			room = tongs_strings_add(libraries, all.items[i], strlen(all.items[i]));
	tongs_strings_finish(&all);
	return room ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}

VkResult tongs_driver_open(const char *library, bool load, struct tongs_driver *driver) {
	driver->library = dlopen(library, RTLD_NOW | RTLD_LOCAL | (load ? 0 : RTLD_NOLOAD));
	if (!driver->library)
		return load ? VK_ERROR_INITIALIZATION_FAILED : VK_NOT_READY;
	driver->get_instance_proc_addr =
		(PFN_vkGetInstanceProcAddr)find_symbol(driver->library, "vk_icdGetInstanceProcAddr");
	/* Interface 0: a driver that is a Vulkan library by itself. */
	if (!driver->get_instance_proc_addr)
		driver->get_instance_proc_addr =
			(PFN_vkGetInstanceProcAddr)find_symbol(driver->library, "vkGetInstanceProcAddr");
	if (driver->get_instance_proc_addr)
		return VK_SUCCESS;
	tongs_driver_close(driver);
	return VK_ERROR_INCOMPATIBLE_DRIVER;
}

VkResult tongs_driver_negotiate(const struct tongs_driver *driver) {
	static const char name[] = "vk_icdNegotiateLoaderICDInterfaceVersion";
	uint32_t version = NEWEST_INTERFACE;
	negotiate_function negotiate = (negotiate_function)find_symbol(driver->library, name);
	/* From 7 on it need not be exported; up to 1 it isn't there. */
	if (!negotiate)
		negotiate = (negotiate_function)driver->get_instance_proc_addr(NULL, name);
	return negotiate ? negotiate(&version) : VK_SUCCESS;
}

void tongs_driver_close(struct tongs_driver *driver) {
	dlclose(driver->library);
}
