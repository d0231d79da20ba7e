/* SPDX-License-Identifier: MIT */
/* The amdgpu driver's ioctls, for one card. The numbers are those that it reports. */
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

enum { PAGE = 4096, GFX_GENERATION = 11, GB_ADDR_CONFIG = 0x263e, NAVI31_GB_ADDR_CONFIG = 0x545 };

static int refuse(void) {
	errno = EINVAL;
	return -1;
}

static struct drm_amdgpu_info_device make_device_info(void) {
	struct drm_amdgpu_info_device device = {
		.device_id = drm_get_gpu()->device,
		.pci_rev = drm_get_gpu()->revision,
		.external_rev = 1,
		.family = AMDGPU_FAMILY_GC_11_0_0,
		.virtual_address_offset = 0x200000,
		.virtual_address_max = 0x800000000000,
		.virtual_address_alignment = PAGE,
		.pte_fragment_size = 2 << 20,
		.gart_page_size = PAGE,
		.high_va_offset = 0xffff800000000000,
		.high_va_max = 0xffffffffffe00000,
		.num_hw_gfx_contexts = 8,
		.gs_vgt_table_depth = 32,
		.gs_prim_buffer_depth = 1792,
		.max_gs_waves_per_vgt = 32,
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

static struct drm_amdgpu_heap_info make_heap(uint64_t size) {
	return (struct drm_amdgpu_heap_info){
		.total_heap_size = size, .usable_heap_size = size, .max_allocation = size / 4 * 3};
}

static struct drm_amdgpu_info_hw_ip make_block(uint32_t type) {
	if (type != AMDGPU_HW_IP_GFX && type != AMDGPU_HW_IP_COMPUTE)
		return (struct drm_amdgpu_info_hw_ip){0};
	return (struct drm_amdgpu_info_hw_ip){
		.hw_ip_version_major = GFX_GENERATION,
		.ib_start_alignment = 32,
		.ib_size_alignment = 32,
		.available_rings = type == AMDGPU_HW_IP_GFX ? 1 : 15,
	};
}

static void caps(const struct drm_amdgpu_info *info, const void *bytes, size_t size) {
	memcpy((void *)(uintptr_t)info->return_pointer, bytes, size < info->return_size ? size : info->return_size);
}

static int get_info(const struct drm_amdgpu_info *info) {
	const uint64_t video = 25753026560, system = (uint64_t)8 << 30, visible = 256 << 20;
	uint32_t *words = (uint32_t *)(uintptr_t)info->return_pointer;
	memset(words, 0, info->return_size);
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
				words[i] = NAVI31_GB_ADDR_CONFIG;
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
	}
	return 0;
}

static int create(union drm_amdgpu_gem_create *create) {
	const uint64_t domain = create->in.domains, flags = create->in.domain_flags;
	uint32_t handle = drm_new_object((create->in.bo_size + PAGE - 1) & ~(uint64_t)(PAGE - 1), NULL);
	struct drm_object *object = drm_get_object(handle);
	object->domain = (uint32_t)domain;
	object->flags = flags;
	create->out.handle = handle;
	return handle ? 0 : refuse();
}

static int create_from_pages(struct drm_amdgpu_gem_userptr *pages) {
	if (pages->addr % PAGE || pages->size % PAGE)
		return refuse();
	pages->handle = drm_new_object(pages->size, (void *)(uintptr_t)pages->addr);
	return pages->handle ? 0 : refuse();
}

static int operate(const struct drm_amdgpu_gem_op *op) {
	const struct drm_object *object = drm_get_object(op->handle);
	if (op->op == AMDGPU_GEM_OP_GET_GEM_CREATE_INFO)
		*(struct drm_amdgpu_gem_create_in *)(uintptr_t)op->value = (struct drm_amdgpu_gem_create_in){
			.bo_size = object->size,
			.alignment = PAGE,
			.domains = object->domain,
			.domain_flags = object->flags,
		};
	return 0;
}

/* Submissions are done as soon as they are made. */
int drm_amdgpu(unsigned number, void *argument) {
	static uint64_t submissions;
	switch (number) {
	case DRM_AMDGPU_INFO:
		return get_info(argument);
	case DRM_AMDGPU_GEM_CREATE:
		return create(argument);
	case DRM_AMDGPU_GEM_USERPTR:
		return create_from_pages(argument);
	case DRM_AMDGPU_GEM_OP:
		return operate(argument);
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
	case DRM_AMDGPU_GEM_METADATA: {
		struct drm_amdgpu_gem_metadata *metadata = argument;
		if (metadata->op == AMDGPU_GEM_METADATA_OP_GET_METADATA)
			memset(&metadata->data, 0, sizeof(metadata->data));
		return 0;
	}
	case DRM_AMDGPU_BO_LIST:
		memset(argument, 0, sizeof(union drm_amdgpu_bo_list));
		((union drm_amdgpu_bo_list *)argument)->out.list_handle = 1;
		return 0;
	case DRM_AMDGPU_FENCE_TO_HANDLE:
		memset(argument, 0, sizeof(union drm_amdgpu_fence_to_handle));
		return 0;
	case DRM_AMDGPU_VM:
	case DRM_AMDGPU_GEM_VA:
	case DRM_AMDGPU_SCHED:
		return 0;
	}
	fprintf(stderr, "amdgpu's ioctl 0x%x is unknown here\n", number);
	return refuse();
}
