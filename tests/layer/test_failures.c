/* SPDX-License-Identifier: MIT */
/* Every allocation of Tongs, and every call into the driver that can fail, fails once in each of the main flows. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "held.h"
#include "torture_flows.h"

extern char **environ;

#define LINEAR VK_IMAGE_TILING_LINEAR
#define OPTIMAL VK_IMAGE_TILING_OPTIMAL
#define COLOR VK_FORMAT_R8G8B8A8_UNORM
#define DEPTH VK_FORMAT_D32_SFLOAT

static const struct flow flows[] = {
	{.name = "instance", .run = flow_instance},
	{.name = "device", .run = flow_device},
	{.name = "device without the extension", .run = flow_plain_device},
	{.name = "instance and device of Vulkan 1.0", .run = flow_old_device},
	{.name = "a device's extensions", .run = flow_extensions},
	{.name = "query: MTLBUFFER buffers", .run = flow_buffer_query, .types = MTLBUFFER},
	{.name = "query: MTLHEAP buffers", .run = flow_buffer_query, .types = MTLHEAP},
	{.name = "query: LINEAR images",
		.run = flow_image_query,
		.types = MTLBUFFER,
		.format = COLOR,
		.tiling = LINEAR},
	{.name = "query: colour textures",
		.run = flow_image_query,
		.types = MTLTEXTURE,
		.format = COLOR,
		.tiling = OPTIMAL,
		.late = true},
	{.name = "query: depth in heaps",
		.run = flow_image_query,
		.types = MTLHEAP,
		.format = DEPTH,
		.tiling = OPTIMAL},
	{.name = "buffer", .run = flow_buffer, .types = MTLBUFFER | MTLHEAP},
	{.name = "image: LINEAR", .run = flow_image, .types = MTLBUFFER | MTLHEAP, .format = COLOR, .tiling = LINEAR},
	{.name = "image: colour", .run = flow_image, .types = MTLTEXTURE, .format = COLOR, .tiling = OPTIMAL},
	{.name = "image: depth",
		.run = flow_image,
		.types = MTLTEXTURE,
		.format = DEPTH,
		.tiling = OPTIMAL,
		.late = true},
	{.name = "many buffers", .run = flow_many_buffers, .types = MTLBUFFER},
	{.name = "requirements: LINEAR",
		.run = flow_requirements,
		.types = MTLBUFFER,
		.format = COLOR,
		.tiling = LINEAR},
	{.name = "requirements: depth", .run = flow_requirements, .types = MTLHEAP, .format = DEPTH, .tiling = OPTIMAL},
	{.name = "long chains", .run = flow_long_chains, .types = MTLBUFFER, .invalid = true},
	{.name = "export: MTLBUFFER", .run = flow_export, .types = MTLBUFFER},
	{.name = "export: MTLHEAP", .run = flow_export, .types = MTLHEAP},
	{.name = "export: both", .run = flow_export, .types = MTLBUFFER | MTLHEAP},
	{.name = "export: 1 MiB", .run = flow_export, .types = MTLBUFFER, .size = 1 << 20},
	{.name = "export: 4 MiB", .run = flow_export, .types = MTLHEAP, .size = 4 << 20},
	{.name = "export: LINEAR as buffer and heap",
		.run = flow_export,
		.types = MTLBUFFER | MTLHEAP,
		.format = COLOR,
		.tiling = LINEAR},
	{.name = "export: LINEAR texture", .run = flow_export, .types = MTLTEXTURE, .format = COLOR, .tiling = LINEAR},
	{.name = "export: colour texture", .run = flow_export, .types = MTLTEXTURE, .format = COLOR, .tiling = OPTIMAL},
	{.name = "export: depth texture", .run = flow_export, .types = MTLTEXTURE, .format = DEPTH, .tiling = OPTIMAL},
	{.name = "export: depth in a heap", .run = flow_export, .types = MTLHEAP, .format = DEPTH, .tiling = OPTIMAL},
	{.name = "import: MTLBUFFER", .run = flow_import, .types = MTLBUFFER},
	{.name = "import: MTLHEAP", .run = flow_import, .types = MTLHEAP},
	{.name = "import: colour texture", .run = flow_import, .types = MTLTEXTURE, .format = COLOR, .tiling = OPTIMAL},
	{.name = "import: depth texture", .run = flow_import, .types = MTLTEXTURE, .format = DEPTH, .tiling = OPTIMAL},
	{.name = "objects: buffer", .run = flow_object_buffer},
	{.name = "objects: image", .run = flow_object_image, .format = COLOR, .tiling = OPTIMAL},
	{.name = "objects: memory of the size of an image",
		.run = flow_object_image,
		.format = COLOR,
		.tiling = OPTIMAL,
		.size = 1},
	{.name = "objects: import of a texture", .run = flow_object_import, .format = COLOR, .tiling = OPTIMAL},
	{.name = "objects: surface in an image's memory",
		.run = flow_object_image_surface,
		.format = COLOR,
		.tiling = LINEAR},
	{.name = "objects: surface without memory",
		.run = flow_object_unbound_surface,
		.format = COLOR,
		.tiling = LINEAR},
	{.name = "objects: surface of the program", .run = flow_object_surface, .format = COLOR, .tiling = LINEAR},
	{.name = "objects: surface of an image",
		.run = flow_object_surface,
		.format = COLOR,
		.tiling = LINEAR,
		.size = 1},
	{.name = "objects: planes", .run = flow_object_planes},
	{.name = "objects: planes of an OPTIMAL image", .run = flow_object_optimal_planes},
	{.name = "objects: planes' texels", .run = flow_object_optimal_planes, .late = true},
	{.name = "objects: events", .run = flow_object_events},
	{.name = "properties: MTLBUFFER", .run = flow_properties, .types = MTLBUFFER},
	{.name = "properties: MTLHEAP", .run = flow_properties, .types = MTLHEAP},
	{.name = "properties: MTLTEXTURE",
		.run = flow_properties,
		.types = MTLTEXTURE,
		.format = COLOR,
		.tiling = OPTIMAL},
	{.name = "map, flush, invalidate", .run = flow_map, .types = MTLBUFFER | MTLHEAP},
	{.name = "bind two at once", .run = flow_bind, .types = MTLBUFFER | MTLHEAP},
	{.name = "view", .run = flow_view, .types = MTLTEXTURE, .format = COLOR, .tiling = OPTIMAL},
	{.name = "metal: devices", .run = flow_metal_devices, .late = true},
	{.name = "metal: commands", .run = flow_metal_commands, .late = true},
	{.name = "metal: render pass", .run = flow_metal_render_pass, .late = true},
	{.name = "metal: render depth", .run = flow_metal_render_depth, .late = true},
	{.name = "metal: buffers", .run = flow_metal_buffers},
	{.name = "metal: heap", .run = flow_metal_heap},
	{.name = "metal: textures", .run = flow_metal_textures},
	{.name = "metal: texels", .run = flow_metal_texels, .late = true},
	{.name = "metal: registry", .run = flow_metal_registry},
	{.name = "metal: gpuAddress", .run = flow_metal_address, .late = true},
	{.name = "metal: strings", .run = flow_metal_strings, .late = true},
};
enum { FLOW_COUNT = sizeof(flows) / sizeof(flows[0]) };

/* Beginnings of names, given as arguments; none: all. */
static char **selected;

static bool is_selected(const struct flow *flow) {
	for (char **name = selected; *name; name++)
		if (strncmp(flow->name, *name, strlen(*name)) == 0)
			return true;
	return !*selected;
}

static void each_point_of_each_flow(void **state) {
	struct torture torture;
	(void)state;
	torture_init(&torture);
	for (size_t i = 0; i < FLOW_COUNT; i++)
		if (is_selected(&flows[i]))
			torture_run(&torture, &flows[i]);
	torture_finish(&torture);
}

/* Exit statuses of the separate processes. */
enum { INJECTED, SURVIVED, NO_SUCH_POINT };

static const char *program;

static int run_in_child(size_t flow, enum way way, uint64_t point) {
	char arguments[3][24];
	snprintf(arguments[0], sizeof(arguments[0]), "%zu", flow);
	snprintf(arguments[1], sizeof(arguments[1]), "%d", (int)way);
	snprintf(arguments[2], sizeof(arguments[2]), "%llu", (unsigned long long)point);
	char *const argv[] = {(char *)program, arguments[0], arguments[1], arguments[2], NULL};
	pid_t child;
	int status;
	assert_int_equal(posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > NO_SUCH_POINT)
		fail_msg("%s: way %d, point %llu, in a new process: status 0x%x", flows[flow].name, (int)way,
			(unsigned long long)point, status);
	return WEXITSTATUS(status);
}

/* libtongs' own instance and device are made once in a process: these points are met in a process for each. */
static void each_point_of_the_first_time(void **state) {
	/* A process is slow to start under a sanitizer. */
	const uint64_t step = held_rss_counts ? 1 : 4;
	(void)state;
	for (size_t i = 0; i < FLOW_COUNT; i++) {
		for (enum way way = 0; way < WAY_COUNT && flows[i].late; way++) {
			/* libtongs takes no callbacks, and one lack of memory for another here. */
			if (way == WAY_CALLBACK || way == WAY_DEVICE_MEMORY)
				continue;
			uint64_t point = 0;
			for (int met; (met = run_in_child(i, way, point)) != NO_SUCH_POINT; point += step) {
				torture_sums.injected++;
				torture_sums.passed++;
				torture_sums.survived += met == SURVIVED;
			}
		}
	}
}

static int child(char **arguments) {
	struct torture torture;
	/* cmocka's assertions then end a process in which no test runs. */
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	const struct flow *flow = &flows[strtoul(arguments[0], NULL, 10)];
	torture_init(&torture);
	bool met = torture_run_point(
		&torture, flow, (enum way)strtoul(arguments[1], NULL, 10), strtoull(arguments[2], NULL, 10));
	torture_finish(&torture);
	return !met ? NO_SUCH_POINT : torture_sums.survived ? SURVIVED : INJECTED;
}

int main(int argc, char **argv) {
	program = argv[0];
	if (argc == 4 && argv[1][0] >= '0' && argv[1][0] <= '9')
		return child(argv + 1);
	selected = argv + 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_point_of_each_flow),
		cmocka_unit_test(each_point_of_the_first_time),
	};
	/* What libtongs' own device does at first is the same above a validation layer, and slow. */
	const struct CMUnitTest validated[] = {cmocka_unit_test(each_point_of_each_flow)};
	int failed = is_validated() || *selected
			     ? cmocka_run_group_tests_name("layer: failures, validated", validated, NULL, NULL)
			     : cmocka_run_group_tests_name("layer: failures", tests, NULL, NULL);
	/* Each counts once. */
	if (!is_validated()) {
		printf("tally: failure points injected %lu\n", torture_sums.injected);
		printf("tally: failure points passed %lu\n", torture_sums.passed);
	}
	printf("%lu failures were made good: the flow came through.\n", torture_sums.survived);
	return failed;
}
