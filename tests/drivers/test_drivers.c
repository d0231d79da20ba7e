/* SPDX-License-Identifier: MIT */
/* Which drivers libtongs finds and opens, and the order of its devices. Each case runs in a process of its own, forked
 * before any driver is loaded, with its own environment. */
#define _GNU_SOURCE /* dladdr */
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "util/alloc.h"
#include "vulkan/own_device.h"
#include "vulkan/driver.h"
#include "vulkan/physical_device.h"
#include "metal/device.h"

static const char *const variables[] = {"VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES",
	"VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE", "VK_LOADER_DEVICE_SELECT", "XDG_CONFIG_HOME",
	"XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS", "VK_INSTANCE_LAYERS"};

static char folder[PATH_MAX];   /* of the tests' manifests */
static char lavapipe[PATH_MAX]; /* the path of its manifest */
/* In shared memory: one case sets it for the others. */
static struct tongs_vk_id *lavapipe_id;

/* A variable that the build sets. */
static const char *given(const char *name) {
	const char *value = getenv(name);
	CHECK(value);
	return value;
}

struct body {
	void (*function)(const void *user);
	const void *user;
};

/* Runs in the child, without the variables of the Vulkan loader. */
static void call(void *user) {
	const struct body *body = user;
	for (size_t i = 0; i < LENGTH(variables); i++)
		unsetenv(variables[i]);
	messages_capture();
	body->function(body->user);
}

static int run(void (*function)(const void *user), const void *user) {
	return child_run(call, &(struct body){function, user});
}

/* The path of a file in `folder`; valid for the next seven calls. */
static const char *at(const char *name) {
	static char texts[8][2 * PATH_MAX];
	static size_t next;
	char *text = texts[next++ % 8];
	snprintf(text, sizeof(texts[0]), "%s/%s", folder, name);
	return text;
}

static void write_file(const char *name, const char *text) {
	char path[2 * PATH_MAX];
	snprintf(path, sizeof(path), "%s", at(name));
	for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void write_manifest(const char *name, const char *library, const char *more) {
	char text[2 * PATH_MAX];
	snprintf(text, sizeof(text),
		"{\"file_format_version\": \"1.0.0\", \"ICD\": {\"library_path\": \"%s\", \"api_version\": "
		"\"1.3.0\"%s}}",
		library, more);
	write_file(name, text);
}

/* Sets a variable; `%` in its value stands for `folder`. */
static void set(const char *name, const char *value) {
	char text[4 * PATH_MAX] = "";
	for (; *value; value++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), *value == '%' ? "%s" : "%.1s",
			*value == '%' ? folder : value);
	CHECK(setenv(name, text, 1) == 0);
}

#define ARCHITECTURE (sizeof(void *) == 8 ? "64" : "32")
#define OTHER_ARCHITECTURE (sizeof(void *) == 8 ? "32" : "64")

static void write_manifests(void) {
	char more[64];
	write_manifest("absolute.json", "/opt/lib/absolute.so", "");
	write_manifest("relative.json", "./lib/relative.so", "");
	write_manifest("bare.json", "bare.so", "");
	snprintf(more, sizeof(more), ", \"library_arch\": \"%s\"", ARCHITECTURE);
	write_manifest("here.json", "here.so", more);
	snprintf(more, sizeof(more), ", \"library_arch\": \"%s\"", OTHER_ARCHITECTURE);
	write_manifest("elsewhere.json", "elsewhere.so", more);
	write_manifest("portable.json", "portable.so", ", \"is_portability_driver\": true");
	write_manifest("unportable.json", "unportable.so", ", \"is_portability_driver\": false");
	write_file("layer.json", "{\"file_format_version\": \"1.0.0\", \"layer\": {\"library_path\": \"layer.so\"}}");
	write_file("empty.json", "{\"ICD\": {}}");
	write_file("number.json", "{\"ICD\": {\"library_path\": 7}}");
	write_file("array.json", "[\"ICD\"]");
	write_file("broken.json", "{\"ICD\": {\"library_path\": \"bro");
	write_file("nothing.json", "");
	write_manifest("folder/one.json", "../one.so", "");
	write_file("folder/readme.txt", "{\"ICD\": {\"library_path\": \"readme.so\"}}");
	write_manifest("home/.config/vulkan/icd.d/a.json", "home-config.so", "");
	write_manifest("home/.local/share/vulkan/icd.d/a.json", "home-data.so", "");
	write_manifest("config/vulkan/icd.d/a.json", "config.so", "");
	write_manifest("data/vulkan/icd.d/a.json", "data.so", "");
	write_manifest("dir1/vulkan/icd.d/a.json", "dir1.so", "");
	write_manifest("dir2/vulkan/icd.d/a.json", "dir2.so", "");
	write_manifest("dir3/vulkan/icd.d/a.json", "dir3.so", "");
	write_manifest("dir4/vulkan/icd.d/a.json", "dir4.so", "");
}

/* Expected by "Driver Discovery" in the loader's documentation. The last manifest's devices come first. */
static const struct listing {
	struct {
		const char *name, *value;
	} set[6];
	const char *libraries; /* separated by blanks */
	bool failed;
} listings[] = {
	{{{"VK_DRIVER_FILES", "%/absolute.json:%/relative.json:%/bare.json"}},
		"bare.so %/./lib/relative.so /opt/lib/absolute.so", false},
	{{{"VK_ICD_FILENAMES", "%/absolute.json:%/bare.json"}}, "bare.so /opt/lib/absolute.so", false},
	{{{"VK_ICD_FILENAMES", "%/absolute.json"}, {"VK_DRIVER_FILES", "%/bare.json"}}, "bare.so", false},
	{{{"VK_ADD_DRIVER_FILES", "%/absolute.json"}, {"VK_DRIVER_FILES", "%/bare.json"}}, "bare.so", false},
	{{{"VK_DRIVER_FILES", ""}, {"VK_ICD_FILENAMES", "%/bare.json"}}, "", false},
	{{{"VK_ICD_FILENAMES", ""}, {"VK_ADD_DRIVER_FILES", "%/bare.json"}}, "", false},
	{{{"VK_DRIVER_FILES", "%/folder:%/bare.json:%/missing"}}, "bare.so %/folder/../one.so", false},
	{{{"VK_DRIVER_FILES", "%/here.json:%/elsewhere.json:%/portable.json:%/unportable.json"}},
		"unportable.so here.so", false},
	{{{"VK_DRIVER_FILES", "%/layer.json:%/empty.json:%/number.json:%/array.json:%/bare.json"}}, "bare.so", false},
	/* A broken manifest does not hide the others. */
	{{{"VK_DRIVER_FILES", "%/broken.json:%/bare.json"}}, "bare.so", true},
	{{{"VK_DRIVER_FILES", "%/bare.json:%/nothing.json"}}, "bare.so", true},
	{{{"VK_DRIVER_FILES", "%/missing.json:%/bare.json"}}, "bare.so", true},
	/* Filters match the manifest's file name. */
	{{{"VK_DRIVER_FILES", "%/absolute.json:%/bare.json:%/here.json"}, {"VK_LOADER_DRIVERS_SELECT", "BARE*,*ere*"}},
		"here.so bare.so", false},
	{{{"VK_DRIVER_FILES", "%/absolute.json:%/bare.json:%/here.json"}, {"VK_LOADER_DRIVERS_DISABLE", "*e.json"}}, "",
		false},
	{{{"VK_DRIVER_FILES", "%/absolute.json:%/bare.json:%/here.json"}, {"VK_LOADER_DRIVERS_DISABLE", "bare.json"}},
		"here.so /opt/lib/absolute.so", false},
	{{{"VK_DRIVER_FILES", "%/absolute.json:%/bare.json:%/here.json"}, {"VK_LOADER_DRIVERS_DISABLE", "*"},
		 {"VK_LOADER_DRIVERS_SELECT", "here.json"}},
		"here.so", false},
	/* The system's folders in order; /etc comes between the second and the third kind. */
	{{{"VK_ADD_DRIVER_FILES", "%/bare.json"}, {"HOME", "%/home"}, {"XDG_CONFIG_DIRS", "%/dir1:%/dir2"},
		 {"XDG_DATA_DIRS", "%/dir3:%/dir4"}},
		"dir4.so dir3.so home-data.so dir2.so dir1.so home-config.so bare.so", false},
	{{{"HOME", "%/home"}, {"XDG_CONFIG_HOME", "%/config"}, {"XDG_DATA_HOME", "%/data"}, {"XDG_DATA_DIRS", "%/dir3"},
		 {"XDG_CONFIG_DIRS", "%/dir1"}},
		"dir3.so data.so dir1.so config.so", false},
	/* An empty variable counts as unset. */
	{{{"HOME", "%/home"}, {"XDG_CONFIG_HOME", ""}, {"XDG_DATA_DIRS", "%/dir3"}, {"XDG_CONFIG_DIRS", "%/dir1"}},
		"dir3.so home-data.so dir1.so home-config.so", false},
};

static bool is_expected(const char *library, const char *expected, size_t length) {
	char text[2 * PATH_MAX];
	if (*expected == '%')
		snprintf(text, sizeof(text), "%s%.*s", folder, (int)length - 1, expected + 1);
	else
		snprintf(text, sizeof(text), "%.*s", (int)length, expected);
	return strcmp(library, text) == 0;
}

static void check_listing(const void *user) {
	const struct listing *listing = user;
	struct tongs_list libraries = {0};
	for (size_t i = 0; i < LENGTH(listing->set) && listing->set[i].name; i++)
		set(listing->set[i].name, listing->set[i].value);
	VkResult result = tongs_driver_list_installed(&libraries);
	CHECK((result != VK_SUCCESS) == listing->failed);
	/* Ignores the manifests of this machine in /etc. */
	const char *expected = listing->libraries;
	bool all = getenv("VK_DRIVER_FILES") || getenv("VK_ICD_FILENAMES");
	char *const *items = libraries.items;
	for (size_t i = 0; i < libraries.count; i++) {
		size_t length = strcspn(expected, " ");
		bool same = is_expected(items[i], expected, length);
		if (!same && all)
			fprintf(stderr, "%s, not %.*s\n", items[i], (int)length, expected);
		CHECK(same || !all);
		if (same)
			expected += length + (expected[length] == ' ');
	}
	if (*expected)
		fprintf(stderr, "not listed: %s\n", expected);
	CHECK(!*expected);
	tongs_strings_finish(&libraries);
}

static void manifests_by_the_loaders_rules(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(listings); i++)
		if (run(check_listing, &listings[i]) != 0)
			fail_msg("listing %zu: %s", i, listings[i].libraries);
}

static void learn_lavapipe(const void *user) {
	(void)user;
	struct tongs_own_device *dev;
	setenv("VK_DRIVER_FILES", lavapipe, 1);
	CHECK(tongs_own_device_new_all(&dev, 1) == 1);
	*lavapipe_id = tongs_own_device_get_info(dev)->id;
}

/* The mock loads lavapipe itself, which is then loaded but not installed: only its UUIDs find it. */
static void mock_alone(const void *user) {
	(void)user;
	struct tongs_device *devices[4];
	setenv("VK_DRIVER_FILES", given("MOCK_MANIFEST"), 1);
	setenv("TONGS_MOCK_PROFILE", "nvidia", 1);
	CHECK(tongs_device_new_all(devices, LENGTH(devices)) == 1);
	CHECK(strstr(tongs_device_get_name(devices[0]), "(mock)"));
	struct tongs_device *hidden = tongs_device_new_from_uuids(lavapipe_id->device, lavapipe_id->driver);
	CHECK(hidden && strstr(tongs_device_get_name(hidden), "llvmpipe"));
	CHECK(tongs_device_get_own_device(hidden));
	CHECK(tongs_device_new_all(NULL, 0) == 1);
	CHECK(messages_take() == 0);
}

static VkInstance create_instance(PFN_vkGetInstanceProcAddr get_proc_addr) {
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.apiVersion = VK_API_VERSION_1_1,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
	};
	VkInstance instance;
	PFN_vkCreateInstance create = (PFN_vkCreateInstance)get_proc_addr(VK_NULL_HANDLE, "vkCreateInstance");
	CHECK(create(&info, NULL, &instance) == VK_SUCCESS);
	return instance;
}

/* Like a program that passes a driver to the loader directly. */
static void driver_without_a_manifest(const void *user) {
	(void)user;
	setenv("VK_DRIVER_FILES", lavapipe, 1);
	setenv("VK_ICD_FILENAMES", lavapipe, 1);
	PFN_vkGetInstanceProcAddr get_proc_addr = load_vulkan();
	VkInstance instance = create_instance(get_proc_addr);
	setenv("VK_DRIVER_FILES", "/nonexistent", 1);
	CHECK(tongs_device_new_all(NULL, 0) == 0);
	CHECK(messages_take() == 1);
	struct tongs_device *device = tongs_device_new_from_uuids(lavapipe_id->device, lavapipe_id->driver);
	CHECK(device);
	/* It works on after the loader has closed the driver. */
	((PFN_vkDestroyInstance)get_proc_addr(instance, "vkDestroyInstance"))(instance, NULL);
	CHECK(tongs_device_get_heap_buffer_size_and_align(device, 64, 0).size >= 64);
	CHECK(messages_take() == 0);
}

/* Fails if nothing has loaded the driver. */
static void driver_that_is_not_loaded(const void *user) {
	(void)user;
	setenv("VK_DRIVER_FILES", "/nonexistent", 1);
	CHECK(!tongs_device_new_from_uuids(lavapipe_id->device, lavapipe_id->driver));
	messages_take();
	setenv("VK_DRIVER_FILES", lavapipe, 1);
	struct tongs_device *device = tongs_device_new_from_uuids(lavapipe_id->device, lavapipe_id->driver);
	CHECK(device && messages_take() == 0);
}

static const struct arrangement {
	const char *drivers; /* m: the mock, l: lavapipe */
	const char *profile, *selection;
	const char *devices; /* the expected order */
} arrangements[] = {
	{"ml", "nvidia", NULL, "ml"}, /* a discrete GPU before a CPU */
	{"lm", "nvidia", NULL, "ml"},
	{"lm", "anv-tgl", NULL, "ml"}, /* and an integrated one */
	{"lm", "nvidia", "10005:0", "lm"},
	{"lm", "nvidia", "10de:2335", "ml"},
	{"lm", "nvidia", "10DE", "ml"},
	{"m", "nvidia", NULL, "m"},
	{"mm", "nvidia", NULL, "m"}, /* one library in two manifests */
	{"lml", "anv-tgl", NULL, "ml"},
};

/* Metal's devices are those of Vulkan in the same order. */
static void check_order(const void *user) {
	const struct arrangement *arrangement = user;
	char files[8 * PATH_MAX] = "";
	for (const char *driver = arrangement->drivers; *driver; driver++)
		snprintf(files + strlen(files), sizeof(files) - strlen(files), ":%s",
			*driver == 'm' ? given("MOCK_MANIFEST") : lavapipe);
	setenv("VK_DRIVER_FILES", files + 1, 1);
	setenv("VK_ICD_FILENAMES", files + 1, 1);
	setenv("TONGS_MOCK_PROFILE", arrangement->profile, 1);
	if (arrangement->selection)
		setenv("VK_LOADER_DEVICE_SELECT", arrangement->selection, 1);
	struct tongs_device *devices[8];
	size_t count = tongs_device_new_all(devices, LENGTH(devices));
	CHECK(count == strlen(arrangement->devices));
	for (size_t i = 0; i < count; i++)
		CHECK(!strstr(tongs_device_get_name(devices[i]), "(mock)") == (arrangement->devices[i] == 'l'));
	struct tongs_device *first = tongs_device_new_default();
	CHECK(first == devices[0]);

	PFN_vkGetInstanceProcAddr get_proc_addr = load_vulkan();
	VkInstance instance = create_instance(get_proc_addr);
	VkPhysicalDevice physical[8];
	uint32_t listed = LENGTH(physical);
	CHECK(((PFN_vkEnumeratePhysicalDevices)get_proc_addr(instance, "vkEnumeratePhysicalDevices"))(
		      instance, &listed, physical) == VK_SUCCESS);
	size_t next = 0;
	for (uint32_t i = 0; i < listed && next < count; i++) {
		VkPhysicalDeviceProperties properties;
		((PFN_vkGetPhysicalDeviceProperties)get_proc_addr(instance, "vkGetPhysicalDeviceProperties"))(
			physical[i], &properties);
		next += strcmp(properties.deviceName, tongs_device_get_name(devices[next])) == 0;
	}
	CHECK(next == count);
}

/* The library that implements a device's commands. */
static const char *library_of(const struct tongs_own_device *dev) {
	Dl_info info;
	void *address;
	memcpy(&address, &dev->physical.vk->CreateDevice, sizeof(address));
	CHECK(dladdr(address, &info));
	return info.dli_fname;
}

/* Two libraries have the same device: the last manifest's is used, like in the loader, with every search. */
static void same_device_of_two_drivers(const void *user) {
	bool by_uuids = *(const bool *)user;
	struct tongs_own_device *dev = NULL, *same;
	set("VK_DRIVER_FILES", "%/twin1.json:%/twin2.json");
	set("VK_ICD_FILENAMES", "%/twin1.json:%/twin2.json");
	setenv("TONGS_MOCK_PROFILE", "nvidia", 1);
	const struct tongs_vk_id id = lavapipe_id[1];
	if (by_uuids) {
		/* The loader loads both. */
		create_instance(load_vulkan());
		dev = tongs_own_device_new_from_id(&id);
	} else
		CHECK(tongs_own_device_new_all(&dev, 1) == 1);
	CHECK(dev && strcmp(library_of(dev), at("twin2.so")) == 0);
	same = tongs_own_device_new_from_id(&id);
	CHECK(same == dev);
}

static void learn_mock(const void *user) {
	(void)user;
	struct tongs_own_device *dev;
	setenv("VK_DRIVER_FILES", given("MOCK_MANIFEST"), 1);
	setenv("TONGS_MOCK_PROFILE", "nvidia", 1);
	CHECK(tongs_own_device_new_all(&dev, 1) == 1);
	lavapipe_id[1] = tongs_own_device_get_info(dev)->id;
}

static void copy_file(const char *from, const char *to) {
	char bytes[4096];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	CHECK(in && out);
	for (size_t got; (got = fread(bytes, 1, sizeof(bytes), in)) > 0;)
		CHECK(fwrite(bytes, 1, got, out) == got);
	CHECK(fclose(out) == 0);
	fclose(in);
}

/* Drivers with old or unusual interfaces. */
static const struct interface {
	const char *name;
	bool works;
	unsigned messages; /* logged when a device is not found */
} interfaces[] = {
	{"library", true, 1},
	{"entry", true, 1},
	{"hidden", true, 1},
	{"disagreeing", false, 1},
	{"refusing", false, 2}, /* it may have the device */
	{"ancient", false, 1},
	{"idle", false, 1},
	{"exactly_1_1", true, 1},
	{"asked_1_0", false, 1},
	{"device_1_0", false, 1},
};

static void check_interface(const void *user) {
	const struct interface *interface = user;
	char library[PATH_MAX];
	snprintf(library, sizeof(library), "%s/libold_driver_%s.so", given("OLD_DRIVERS"), interface->name);
	write_manifest("old.json", library, "");
	set("VK_DRIVER_FILES", "%/old.json");
	struct tongs_device *device = tongs_device_new_default();
	CHECK((device != NULL) == interface->works);
	CHECK((messages_take() > 0) == !interface->works);
	if (device)
		CHECK(tongs_device_get_heap_buffer_size_and_align(device, 64, 0).size >= 64);
	/* A driver that fails does not matter if another works. */
	char files[3 * PATH_MAX];
	snprintf(files, sizeof(files), "%s:%s:%s", at("old.json"), lavapipe, at("bare.json"));
	setenv("VK_DRIVER_FILES", files, 1);
	CHECK(tongs_device_new_all(NULL, 0) == 1);
	CHECK(messages_take() == 0);
	*strrchr(files, ':') = '\0';
	setenv("VK_DRIVER_FILES", files, 1);
	static const uint8_t nobodys[VK_UUID_SIZE] = "nobody's device";
	CHECK(!tongs_device_new_from_uuid(nobodys));
	CHECK(messages_take() == interface->messages);
}

/* Manifests may be malformed, and name files that are no drivers. */
static void odd_libraries(const void *user) {
	(void)user;
	char files[6 * PATH_MAX], *long_path = calloc(1, 2 * PATH_MAX), *long_text = calloc(1, 2 << 20);
	CHECK(long_path && long_text);
	memset(long_path, 'x', 2 * PATH_MAX - 1);
	memset(long_text, ' ', (2 << 20) - 1);
	write_file("long.json", long_text);
	write_manifest("none.json", "libc.so.6", "");
	write_manifest("missing.json", "/nonexistent/driver.so", "");
	snprintf(files, sizeof(files), "%s:%s.json:%s:%s:%s", at("none.json"), long_path, at("long.json"),
		at("missing.json"), lavapipe);
	setenv("VK_DRIVER_FILES", files, 1);
	CHECK(tongs_device_new_all(NULL, 0) == 1);
	CHECK(messages_take() == 0);
	for (size_t i = 0; i < 3; i++) {
		setenv("VK_DRIVER_FILES", at(i == 0 ? "none.json" : i == 1 ? "long.json" : "missing.json"), 1);
		CHECK(tongs_device_new_all(NULL, 0) == 0);
		CHECK(messages_take() == 1);
	}
	free(long_path);
	free(long_text);
}

static void drivers_of_the_process(void **state) {
	(void)state;
	assert_int_equal(run(learn_lavapipe, NULL), 0);
	assert_int_equal(run(mock_alone, NULL), 0);
	assert_int_equal(run(driver_without_a_manifest, NULL), 0);
	assert_int_equal(run(driver_that_is_not_loaded, NULL), 0);
	assert_int_equal(run(odd_libraries, NULL), 0);
}

static void devices_in_the_loaders_order(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(arrangements); i++)
		if (run(check_order, &arrangements[i]) != 0)
			fail_msg("%s of %s", arrangements[i].drivers, arrangements[i].profile);
}

/* Rows in ascending order by the loader's rules: kind, then place on the bus, then ids. */
static void ranks(void **state) {
	(void)state;
	static const struct {
		VkPhysicalDeviceType type;
		uint32_t vendor, device;
		bool has_pci;
		uint32_t domain, bus, slot, function;
	} rows[] = {
		{VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 9, 9, true, 0, 1, 0, 1},
		{VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 1, 1, true, 0, 1, 2, 0},
		{VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 1, 1, true, 0, 200, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 1, 1, true, 1, 0, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 1, 2, true, 0x10000, 0, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 5, 5, false, 0, 0, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 1, 2, false, 0, 0, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, 1, 1, true, 0, 0, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU, 1, 1, true, 0, 0, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_OTHER, 1, 1, true, 0, 0, 0, 0},
		{VK_PHYSICAL_DEVICE_TYPE_CPU, 1, 1, true, 0, 0, 0, 0},
		{(VkPhysicalDeviceType)77, 1, 1, true, 0, 0, 0, 0},
	};
	struct tongs_rank all[LENGTH(rows)];
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const VkPhysicalDeviceProperties properties = {
			.deviceType = rows[i].type, .vendorID = rows[i].vendor, .deviceID = rows[i].device};
		const VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {
			.pciDomain = rows[i].domain,
			.pciBus = rows[i].bus,
			.pciDevice = rows[i].slot,
			.pciFunction = rows[i].function,
		};
		all[i] = tongs_rank_from(&properties, rows[i].has_pci ? &pci : NULL);
		assert_int_equal(tongs_rank_compare(&all[i], &all[i]), 0);
		for (size_t k = 0; k < i; k++) {
			assert_true(tongs_rank_compare(&all[k], &all[i]) < 0);
			assert_true(tongs_rank_compare(&all[i], &all[k]) > 0);
		}
	}
}

static void two_drivers_with_one_device(void **state) {
	(void)state;
	const bool ways[] = {false, true};
	copy_file(given("MOCK_LIBRARY"), at("twin1.so"));
	copy_file(given("MOCK_LIBRARY"), at("twin2.so"));
	write_manifest("twin1.json", at("twin1.so"), "");
	write_manifest("twin2.json", at("twin2.so"), "");
	assert_int_equal(run(learn_mock, NULL), 0);
	assert_int_equal(run(same_device_of_two_drivers, &ways[0]), 0);
	assert_int_equal(run(same_device_of_two_drivers, &ways[1]), 0);
}

static void old_interfaces(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(interfaces); i++)
		if (run(check_interface, &interfaces[i]) != 0)
			fail_msg("a driver: %s", interfaces[i].name);
}

static void open_and_close(const char *library) {
	struct tongs_driver driver;
	CHECK(tongs_driver_open(library, true, &driver) == VK_SUCCESS);
	tongs_driver_close(&driver);
}

static bool is_loaded(const char *library) {
	void *handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
	if (handle)
		dlclose(handle);
	return handle;
}

enum { NOTHING_IS_UNLOADED = 77 };

static void check_often(const void *user) {
	char library[PATH_MAX];
	(void)user;
	snprintf(library, sizeof(library), "%s/libold_driver_entry.so", given("OLD_DRIVERS"));
	open_and_close(library);
	if (is_loaded(library))
		exit(NOTHING_IS_UNLOADED); /* as under a sanitizer */
	for (int i = 1; i < TONGS_DRIVER_MAX_LOADS; i++) {
		struct tongs_driver driver;
		CHECK(tongs_driver_open(library, true, &driver) == VK_SUCCESS);
		/* Opening what is loaded loads nothing. */
		for (int k = 0; k < TONGS_DRIVER_MAX_LOADS; k++)
			open_and_close(library);
		tongs_driver_close(&driver);
		CHECK(!is_loaded(library));
	}
	open_and_close(library);
	CHECK(is_loaded(library));
}

static void a_driver_that_is_loaded_often_stays(void **state) {
	(void)state;
	const int status = run(check_often, NULL);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOTHING_IS_UNLOADED)
		skip();
	assert_int_equal(status, 0);
}

static int setup(void **state) {
	(void)state;
	const char *temporary = getenv("TMPDIR");
	glob_t found;
	snprintf(folder, sizeof(folder), "%s/tongs-drivers-XXXXXX", temporary ? temporary : "/tmp");
	if (!mkdtemp(folder) || glob("/usr/share/vulkan/icd.d/lvp_icd*.json", 0, NULL, &found) != 0)
		return -1;
	snprintf(lavapipe, sizeof(lavapipe), "%s", found.gl_pathv[0]);
	globfree(&found);
	lavapipe_id = mmap(NULL, 2 * sizeof(*lavapipe_id), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	write_manifests();
	return lavapipe_id == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state) {
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		execlp("rm", "rm", "-rf", folder, (char *)NULL);
		_exit(1);
	}
	return waitpid(child, NULL, 0) == child ? 0 : -1;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests_by_the_loaders_rules),
		cmocka_unit_test(drivers_of_the_process),
		cmocka_unit_test(devices_in_the_loaders_order),
		cmocka_unit_test(ranks),
		cmocka_unit_test(two_drivers_with_one_device),
		cmocka_unit_test(old_interfaces),
		cmocka_unit_test(a_driver_that_is_loaded_often_stays),
	};
	return cmocka_run_group_tests_name("drivers", tests, setup, teardown);
}
