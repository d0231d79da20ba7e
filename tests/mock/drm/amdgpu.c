/* SPDX-License-Identifier: MIT */
/* The amdgpu driver's ioctls, for a card and an APU. The numbers are those that they report. */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <amdgpu_drm.h>

/* Headers as old as Debian 12's Mesa, which does not ask for what they lack. */
#ifndef AMDGPU_FAMILY_GC_11_0_0
#define AMDGPU_FAMILY_GC_11_0_0 145
#define OLD_HEADERS
#endif
#ifndef AMDGPU_INFO_MAX_IBS
#define AMDGPU_INFO_MAX_IBS 0x22
#endif

enum { PAGE = 4096, GB_ADDR_CONFIG = 0x263e };

static int refuse(void) {
	errno = EINVAL;
	return -1;
}

static struct drm_amdgpu_info_device make_navi31(void) {
	struct drm_amdgpu_info_device device = {
		.external_rev = 1,
		.family = AMDGPU_FAMILY_GC_11_0_0,
		.gpu_counter_freq = 100000,
		.num_shader_engines = 6,
		.num_shader_arrays_per_engine = 2,
		.max_engine_clock = 2371000,
		.max_memory_clock = 1249000,
		.cu_active_number = 96,
		.enabled_rb_pipes_mask = 0xffffff,
		.num_rb_pipes = 24,
		.vram_type = 9,
		.vram_bit_width = 384,
		.wave_front_size = 32,
		.num_shader_visible_vgprs = 1536,
		.num_cu_per_sh = 8,
		.num_tcc_blocks = 24,
#ifndef OLD_HEADERS
		.pcie_gen = 4,
		.pcie_num_lanes = 16,
		.tcp_cache_size = 32,
		.num_sqc_per_wgp = 1,
		.sqc_data_cache_size = 16,
		.sqc_inst_cache_size = 32,
		.gl1c_cache_size = 256,
		.gl2c_cache_size = 6144,
		.mall_size = 96 << 20,
#endif
	};
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 4; j++)
			device.cu_bitmap[i][j] = i == 2 && j > 1 ? 0 : 0xff;
	return device;
}

static struct drm_amdgpu_info_device make_raven(void) {
	return (struct drm_amdgpu_info_device){
		.chip_rev = 1,
		.external_rev = 0x42,
		.family = AMDGPU_FAMILY_RV,
		.gpu_counter_freq = 25000,
		.num_shader_engines = 1,
		.num_shader_arrays_per_engine = 1,
		.max_engine_clock = 1400000,
		.max_memory_clock = 1200000,
		.cu_active_number = 10,
		.cu_ao_mask = 0x3ff,
		.cu_bitmap = {{0x3ff}},
		.enabled_rb_pipes_mask = 3,
		.num_rb_pipes = 2,
		.ids_flags = AMDGPU_IDS_FLAGS_FUSION,
		.ce_ram_size = 32 << 10,
		.vram_type = 8,
		.vram_bit_width = 128,
		.gc_double_offchip_lds_buf = 1,
		.wave_front_size = 64,
		.num_shader_visible_vgprs = 256,
		.num_cu_per_sh = 11,
		.num_tcc_blocks = 4,
	};
}

static const struct amd_gpu {
	const char *name;
	uint32_t graphics_version, address_config;
	uint64_t video_size; /* all of it is visible to the CPU */
	struct drm_amdgpu_info_device (*make_info)(void);
} gpus[] = {
	{"navi31", 11, 0x545, 25753026560, make_navi31},
	{"raven", 9, 0x24000042, 1 << 30, make_raven},
};

static const struct amd_gpu *get_gpu(void) {
	return &gpus[strcmp(drm_get_gpu()->name, gpus[0].name) == 0 ? 0 : 1];
}

static struct drm_amdgpu_info_device make_device_info(void) {
	struct drm_amdgpu_info_device device = get_gpu()->make_info();
	device.device_id = drm_get_gpu()->device;
	device.pci_rev = drm_get_gpu()->revision;
	device.virtual_address_offset = 0x200000;
	device.virtual_address_max = 0x800000000000;
	device.virtual_address_alignment = PAGE;
	device.pte_fragment_size = 2 << 20;
	device.gart_page_size = PAGE;
	device.high_va_offset = 0xffff800000000000;
	device.high_va_max = 0xffffffffffe00000;
	device.num_hw_gfx_contexts = 8;
	device.gs_vgt_table_depth = 32;
	device.gs_prim_buffer_depth = 1792;
	device.max_gs_waves_per_vgt = 32;
	return device;
}

static struct drm_amdgpu_heap_info make_heap(uint64_t size) {
	return (struct drm_amdgpu_heap_info){
		.total_heap_size = size, .usable_heap_size = size, .max_allocation = size / 4 * 3};
}

static struct drm_amdgpu_info_hw_ip make_block(uint32_t type) {
	if (type != AMDGPU_HW_IP_GFX && type != AMDGPU_HW_IP_COMPUTE)
		return (struct drm_amdgpu_info_hw_ip){0};
	return (struct drm_amdgpu_info_hw_ip){
		.hw_ip_version_major = get_gpu()->graphics_version,
		.ib_start_alignment = 32,
		.ib_size_alignment = 32,
		.available_rings = type == AMDGPU_HW_IP_GFX ? 1 : 15,
	};
}

static void caps(const struct drm_amdgpu_info *info, const void *bytes, size_t size) {
	memcpy((void *)(uintptr_t)info->return_pointer, bytes, size < info->return_size ? size : info->return_size);
}

static int get_info(const struct drm_amdgpu_info *info) {
	const uint64_t video = get_gpu()->video_size, system = (uint64_t)8 << 30, visible = 256 << 20;
	uint32_t *words = (uint32_t *)(uintptr_t)info->return_pointer;
	memset(words, 0, info->return_size);
	/* A driver that is told yes and given zeros waits for ever for room in a submission. */
	switch (info->query) {
	case AMDGPU_INFO_ACCEL_WORKING:
	case AMDGPU_INFO_HW_IP_COUNT:
		caps(info, &(uint32_t){1}, sizeof(uint32_t));
		break;
	case AMDGPU_INFO_HW_IP_INFO: {
		const struct drm_amdgpu_info_hw_ip block = make_block(info->query_hw_ip.type);
		caps(info, &block, sizeof(block));
		break;
	}
	case AMDGPU_INFO_FW_VERSION: {
		const uint32_t type = info->query_fw.fw_type;
		const struct drm_amdgpu_info_firmware firmware = {.ver = type == AMDGPU_INFO_FW_GFX_ME    ? 1486
									 : type == AMDGPU_INFO_FW_GFX_PFP ? 1525
													  : 494};
		caps(info, &firmware, sizeof(firmware));
		break;
	}
	case AMDGPU_INFO_READ_MMR_REG:
		for (uint32_t i = 0; i < info->read_mmr_reg.count; i++)
			if (info->read_mmr_reg.dword_offset + i == GB_ADDR_CONFIG)
				words[i] = get_gpu()->address_config;
		break;
	case AMDGPU_INFO_DEV_INFO: {
		const struct drm_amdgpu_info_device device = make_device_info();
		caps(info, &device, sizeof(device));
		break;
	}
	case AMDGPU_INFO_MEMORY: {
		const struct drm_amdgpu_memory_info memory = {
			.vram = make_heap(video), .cpu_accessible_vram = make_heap(video), .gtt = make_heap(system)};
		caps(info, &memory, sizeof(memory));
		break;
	}
	case AMDGPU_INFO_VRAM_GTT: {
		const struct drm_amdgpu_info_vram_gtt sizes = {system, visible, system};
		caps(info, &sizes, sizeof(sizes));
		break;
	}
	case AMDGPU_INFO_MAX_IBS: {
		uint32_t counts[AMDGPU_HW_IP_NUM];
		for (uint32_t type = 0; type < AMDGPU_HW_IP_NUM; type++)
			counts[type] = type == AMDGPU_HW_IP_GFX ? 192 : type == AMDGPU_HW_IP_COMPUTE ? 125 : 49;
		caps(info, counts, sizeof(counts));
		break;
	}
	default:
		return refuse();
	}
	return 0;
}

static int create(uint32_t file, union drm_amdgpu_gem_create *create) {
	const struct drm_object object = {
		.size = (create->in.bo_size + PAGE - 1) & ~(uint64_t)(PAGE - 1),
		.domain = (uint32_t)create->in.domains,
		.flags = create->in.domain_flags,
	};
	create->out.handle = drm_new_object(file, &object, NULL);
	return create->out.handle ? 0 : refuse();
}

static int create_from_pages(uint32_t file, struct drm_amdgpu_gem_userptr *pages) {
	if (pages->addr % PAGE || pages->size % PAGE)
		return refuse();
	const struct drm_object object = {.size = pages->size, .domain = AMDGPU_GEM_DOMAIN_GTT};
	pages->handle = drm_new_object(file, &object, (void *)(uintptr_t)pages->addr);
	return pages->handle ? 0 : refuse();
}

static int operate(uint32_t file, const struct drm_amdgpu_gem_op *op) {
	struct drm_object object;
	if (!drm_get_object(file, op->handle, &object))
		return -1;
	if (op->op == AMDGPU_GEM_OP_GET_GEM_CREATE_INFO)
		*(struct drm_amdgpu_gem_create_in *)(uintptr_t)op->value = (struct drm_amdgpu_gem_create_in){
			.bo_size = object.size,
			.alignment = PAGE,
			.domains = object.domain,
			.domain_flags = object.flags,
		};
	return 0;
}

/* By this the driver that imports an image knows how the one that exports it laid it out. */
static int describe(uint32_t file, struct drm_amdgpu_gem_metadata *metadata) {
	struct drm_object object;
	_Static_assert(sizeof(metadata->data) <= sizeof(object.metadata), "room for the metadata");
	if (metadata->op == AMDGPU_GEM_METADATA_OP_SET_METADATA)
		return drm_set_metadata(file, metadata->handle, &metadata->data, sizeof(metadata->data)) ? 0 : -1;
	if (!drm_get_object(file, metadata->handle, &object))
		return -1;
	memcpy(&metadata->data, object.metadata, sizeof(metadata->data));
	return 0;
}

static int map_address(uint32_t file, const struct drm_amdgpu_gem_va *range) {
	struct drm_object object;
	const bool maps = range->operation == AMDGPU_VA_OP_MAP || range->operation == AMDGPU_VA_OP_REPLACE;
	if (!maps || (range->flags & AMDGPU_VM_PAGE_PRT))
		return 0;
	if (!drm_get_object(file, range->handle, &object))
		return -1;
	const uint64_t end = range->offset_in_bo + range->map_size;
	return range->va_address % PAGE || range->map_size % PAGE || end > object.size ? refuse() : 0;
}

/* Submissions are done as soon as they are made. */
int drm_amdgpu(uint32_t file, unsigned number, void *argument) {
	static uint64_t submissions;
	switch (number) {
	case DRM_AMDGPU_INFO:
		return get_info(argument);
	case DRM_AMDGPU_GEM_CREATE:
		return create(file, argument);
	case DRM_AMDGPU_GEM_USERPTR:
		return create_from_pages(file, argument);
	case DRM_AMDGPU_GEM_OP:
		return operate(file, argument);
	case DRM_AMDGPU_GEM_MMAP: {
		union drm_amdgpu_gem_mmap *map = argument;
		map->out.addr_ptr = drm_offset_of_object(map->in.handle);
		return 0;
	}
	case DRM_AMDGPU_CTX: {
		union drm_amdgpu_ctx *context = argument;
		const uint32_t op = context->in.op;
		memset(context, 0, sizeof(*context));
		if (op == AMDGPU_CTX_OP_ALLOC_CTX)
			context->out.alloc.ctx_id = 1;
		return 0;
	}
	case DRM_AMDGPU_CS:
		((union drm_amdgpu_cs *)argument)->out.handle = __atomic_add_fetch(&submissions, 1, __ATOMIC_RELAXED);
		return 0;
	case DRM_AMDGPU_WAIT_CS:
		((union drm_amdgpu_wait_cs *)argument)->out.status = 0;
		return 0;
	case DRM_AMDGPU_WAIT_FENCES:
		memset(argument, 0, sizeof(union drm_amdgpu_wait_fences));
		((union drm_amdgpu_wait_fences *)argument)->out.status = 1;
		return 0;
	case DRM_AMDGPU_GEM_WAIT_IDLE:
		memset(argument, 0, sizeof(union drm_amdgpu_gem_wait_idle));
		return 0;
	case DRM_AMDGPU_GEM_METADATA:
		return describe(file, argument);
	case DRM_AMDGPU_GEM_VA:
		return map_address(file, argument);
	case DRM_AMDGPU_BO_LIST:
		memset(argument, 0, sizeof(union drm_amdgpu_bo_list));
		((union drm_amdgpu_bo_list *)argument)->out.list_handle = 1;
		return 0;
	case DRM_AMDGPU_FENCE_TO_HANDLE:
		memset(argument, 0, sizeof(union drm_amdgpu_fence_to_handle));
		return 0;
	case DRM_AMDGPU_VM:
	case DRM_AMDGPU_SCHED:
		return 0;
	}
	fprintf(stderr, "amdgpu's ioctl 0x%x is unknown here\n", number);
	return refuse();
}
