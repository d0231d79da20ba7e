/* SPDX-License-Identifier: MIT */
/* The i915 driver's ioctls, for an integrated and a discrete GPU. */
#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <i915_drm.h>

enum { PAGE = 4096, COARSE_PAGE = 64 << 10 };
#define GIB(n) ((uint64_t)(n) << 30)

static int refuse(void) {
	errno = EINVAL;
	return -1;
}

/* A query is made twice: for the size alone, where this returns NULL, and for the data, which it zeroes. */
static void *begin_query(struct drm_i915_query_item *item, size_t size) {
	void *bytes = item->length ? (void *)(uintptr_t)item->data_ptr : NULL;
	item->length = (int32_t)size;
	return bytes ? memset(bytes, 0, size) : NULL;
}

static void get_topology(struct drm_i915_query_item *item) {
	const unsigned slices = drm_get_gpu()->discrete ? 8 : 1, subslices = drm_get_gpu()->discrete ? 4 : 6;
	const unsigned units = 16;
	struct drm_i915_query_topology_info *topology =
		begin_query(item, sizeof(*topology) + 1 + slices + (size_t)slices * subslices * 2);
	if (!topology)
		return;
	topology->max_slices = (uint16_t)slices;
	topology->max_subslices = (uint16_t)subslices;
	topology->max_eus_per_subslice = units;
	topology->subslice_offset = 1;
	topology->subslice_stride = 1;
	topology->eu_offset = (uint16_t)(1 + slices);
	topology->eu_stride = 2;
	topology->data[0] = (uint8_t)((1u << slices) - 1);
	memset(topology->data + 1, (1 << subslices) - 1, slices);
	memset(topology->data + 1 + slices, 0xff, (size_t)slices * subslices * 2);
}

static void get_engines(struct drm_i915_query_item *item) {
	struct drm_i915_query_engine_info *engines =
		begin_query(item, sizeof(*engines) + 2 * sizeof(engines->engines[0]));
	if (!engines)
		return;
	engines->num_engines = 2;
	engines->engines[0].engine.engine_class = I915_ENGINE_CLASS_RENDER;
	engines->engines[1].engine.engine_class = I915_ENGINE_CLASS_COPY;
}

static void get_regions(struct drm_i915_query_item *item) {
	const unsigned count = drm_get_gpu()->discrete ? 2 : 1;
	struct drm_i915_query_memory_regions *regions =
		begin_query(item, sizeof(*regions) + count * sizeof(regions->regions[0]));
	if (!regions)
		return;
	regions->num_regions = count;
	regions->regions[0].region.memory_class = I915_MEMORY_CLASS_SYSTEM;
	regions->regions[0].probed_size = GIB(16);
	regions->regions[0].unallocated_size = GIB(8);
	if (count == 1)
		return;
	regions->regions[1].region.memory_class = I915_MEMORY_CLASS_DEVICE;
	regions->regions[1].probed_size = regions->regions[1].unallocated_size = GIB(16);
	regions->regions[1].probed_cpu_visible_size = regions->regions[1].unallocated_cpu_visible_size = GIB(16);
}

static int query(const struct drm_i915_query *query) {
	struct drm_i915_query_item *items = (struct drm_i915_query_item *)(uintptr_t)query->items_ptr;
	for (uint32_t i = 0; i < query->num_items; i++)
		switch (items[i].query_id & 0xffff) {
		case DRM_I915_QUERY_TOPOLOGY_INFO:
		case DRM_I915_QUERY_GEOMETRY_SUBSLICES:
			get_topology(&items[i]);
			break;
		case DRM_I915_QUERY_ENGINE_INFO:
			get_engines(&items[i]);
			break;
		case DRM_I915_QUERY_MEMORY_REGIONS:
			get_regions(&items[i]);
			break;
		default:
			items[i].length = -EINVAL;
		}
	return 0;
}

static int get_parameter(const struct drm_i915_getparam *parameter) {
	const bool discrete = drm_get_gpu()->discrete;
	switch (parameter->param) {
	case I915_PARAM_CHIPSET_ID:
		return (int)drm_get_gpu()->device;
	case I915_PARAM_REVISION:
		return (int)drm_get_gpu()->revision;
	case I915_PARAM_CS_TIMESTAMP_FREQUENCY:
		return 19200000;
	case I915_PARAM_HAS_ALIASING_PPGTT:
		return 3;
	case I915_PARAM_NUM_FENCES_AVAIL:
		return 8;
	case I915_PARAM_HAS_LLC:
		return !discrete;
	case I915_PARAM_CMD_PARSER_VERSION:
		return 10;
	case I915_PARAM_MMAP_VERSION:
	case I915_PARAM_MMAP_GTT_VERSION:
		return 4;
	case I915_PARAM_SUBSLICE_TOTAL:
		return discrete ? 32 : 6;
	case I915_PARAM_EU_TOTAL:
		return discrete ? 512 : 96;
	case I915_PARAM_PERF_REVISION:
		return 3;
	case I915_PARAM_HAS_CONTEXT_ISOLATION:
		return 0xffff;
	default:
		return 1;
	}
}

static uint64_t round_up(uint64_t size, uint64_t page) {
	return (size + page - 1) & ~(page - 1);
}

static int create(uint32_t file, uint64_t *size, uint64_t page, uint32_t *handle) {
	*size = round_up(*size, page);
	*handle = drm_new_object(file, &(struct drm_object){.size = *size}, NULL);
	return *handle ? 0 : refuse();
}

/* Video memory is in coarse pages. */
static bool wants_video_memory(uint64_t extensions) {
	while (extensions) {
		const struct drm_i915_gem_create_ext_memory_regions *list = (const void *)(uintptr_t)extensions;
		const struct drm_i915_gem_memory_class_instance *regions = (const void *)(uintptr_t)list->regions;
		for (uint32_t i = 0; list->base.name == I915_GEM_CREATE_EXT_MEMORY_REGIONS && i < list->num_regions;
			i++)
			if (regions[i].memory_class == I915_MEMORY_CLASS_DEVICE)
				return true;
		extensions = list->base.next_extension;
	}
	return false;
}

static int create_from_pages(uint32_t file, struct drm_i915_gem_userptr *pages) {
	if (!pages->user_size || pages->user_ptr % PAGE || pages->user_size % PAGE)
		return refuse();
	pages->handle = drm_new_object(
		file, &(struct drm_object){.size = pages->user_size}, (void *)(uintptr_t)pages->user_ptr);
	return pages->handle ? 0 : refuse();
}

/* Submissions are done as soon as they are made. */
int drm_i915(uint32_t file, unsigned number, void *argument) {
	static uint64_t ticks;
	switch (number) {
	case DRM_I915_GETPARAM:
		*((struct drm_i915_getparam *)argument)->value = get_parameter(argument);
		return 0;
	case DRM_I915_QUERY:
		return query(argument);
	case DRM_I915_GEM_CREATE: {
		struct drm_i915_gem_create *info = argument;
		uint64_t size = info->size;
		const int result = create(file, &size, PAGE, &info->handle);
		info->size = size;
		return result;
	}
	case DRM_I915_GEM_CREATE_EXT: {
		struct drm_i915_gem_create_ext *info = argument;
		uint64_t size = info->size;
		const int result =
			create(file, &size, wants_video_memory(info->extensions) ? COARSE_PAGE : PAGE, &info->handle);
		info->size = size;
		return result;
	}
	case DRM_I915_GEM_USERPTR:
		return create_from_pages(file, argument);
	case DRM_I915_GEM_MMAP_GTT: {
		struct drm_i915_gem_mmap_offset *map = argument;
		map->offset = drm_offset_of_object(map->handle);
		return 0;
	}
	case DRM_I915_GEM_MMAP: {
		struct drm_i915_gem_mmap *map = argument;
		map->addr_ptr = (uintptr_t)drm_map_object(file, NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			drm_offset_of_object(map->handle) + map->offset);
		return map->addr_ptr == (uintptr_t)MAP_FAILED ? -1 : 0;
	}
	case DRM_I915_GEM_CONTEXT_CREATE:
		((struct drm_i915_gem_context_create *)argument)->ctx_id = 1;
		return 0;
	case DRM_I915_GEM_CONTEXT_GETPARAM: {
		struct drm_i915_gem_context_param *parameter = argument;
		parameter->value = parameter->param == I915_CONTEXT_PARAM_GTT_SIZE ? (uint64_t)1 << 48 : 0;
		return 0;
	}
	case DRM_I915_GEM_VM_CREATE:
		((struct drm_i915_gem_vm_control *)argument)->vm_id = 1;
		return 0;
	case DRM_I915_GEM_GET_APERTURE: {
		struct drm_i915_gem_get_aperture *aperture = argument;
		aperture->aper_size = aperture->aper_available_size = (uint64_t)1 << 48;
		return 0;
	}
	case DRM_I915_GEM_GET_TILING: {
		struct drm_i915_gem_get_tiling *tiling = argument;
		tiling->tiling_mode = tiling->swizzle_mode = 0;
		return 0;
	}
	case DRM_I915_GET_RESET_STATS: {
		struct drm_i915_reset_stats *stats = argument;
		stats->reset_count = stats->batch_active = stats->batch_pending = 0;
		return 0;
	}
	case DRM_I915_REG_READ:
		((struct drm_i915_reg_read *)argument)->val = __atomic_add_fetch(&ticks, 1000, __ATOMIC_RELAXED);
		return 0;
	case DRM_I915_GEM_MADVISE:
		((struct drm_i915_gem_madvise *)argument)->retained = 1;
		return 0;
	case DRM_I915_GEM_BUSY:
		((struct drm_i915_gem_busy *)argument)->busy = 0;
		return 0;
	default:
		return 0;
	}
}
