/* SPDX-License-Identifier: MIT */
/* Helpers of the tests of images of several planes in VK_EXT_metal_objects: their formats, and what both sides do with
 * a plane. */
#ifndef TONGS_TESTS_LAYER_PLANES_H
#define TONGS_TESTS_LAYER_PLANES_H

#include "metal_objects.h"

enum { PLANES_WIDTH = 44, PLANES_HEIGHT = 26, PLANE_MOST_BYTES = PLANES_WIDTH * PLANES_HEIGHT * 2 };

extern const struct gpu_options PLANES_OPTIONS;

struct plane {
	MTLPixelFormat metal;
	uint32_t divide_x, divide_y, bytes;
};

struct planar {
	VkFormat format;
	uint32_t pixel_format; /* four characters */
	uint32_t count;
	struct plane planes[3];
	uint8_t low_bits; /* that a sample has, of its lower byte */
};

enum { PLANAR_FORMATS = 4 };
extern const struct planar planar_formats[PLANAR_FORMATS];
extern const VkImageTiling planar_tilings[2];

/* Of a test: images, planes and planes. */
extern struct planes_count { unsigned made, compared, cleared; } planes_count;
void planes_begin_comparison(void);
/* Prints the counts. Skips the test if no image was made. */
void planes_end_comparison(void);

/* Over a kernel without a GPU nothing is executed: then only that the planes are there is checked. */
bool planes_execute(void);

VkExtent3D plane_extent(const struct planar *format, uint32_t plane);
size_t plane_bytes(const struct planar *format, uint32_t plane);
/* Texels that a plane of the format can have. */
void plane_fill(const struct planar *format, uint32_t plane, uint32_t seed, uint8_t *texels);

VkImageCreateInfo planar_info(const struct planar *format, VkImageTiling tiling);
/* What the memory of such an image is to the other extension. */
VkExternalMemoryHandleTypeFlags planar_type(const VkImageCreateInfo *info);
/* Whether the driver says where the planes of such a LINEAR image lie. lavapipe 25 says the same of all. */
bool planar_has_layout(struct gpu *gpu, const VkImageCreateInfo *info);
/* Some drivers bind such images to memory that is dedicated to them alone. */
bool planar_must_dedicate(struct gpu *gpu, const VkImageCreateInfo *info);
/* For export as textures. VK_NULL_HANDLE: the driver shares no such images, and the layer said so. */
VkImage planar_create(struct gpu *gpu, const VkImageCreateInfo *info);
VkDeviceMemory planar_bind(struct gpu *gpu, VkImage image, bool dedicated);

struct tongs_texture *plane_object(struct gpu *gpu, VkImage image, uint32_t plane);
/* An image in GENERAL that is shared comes from outside, and goes back. */
void plane_copy(
	struct gpu *gpu, VkImage image, const struct planar *format, uint32_t plane, uint8_t *texels, bool write);
/* By the CPU where it reaches the texture, and by Metal's GPU. */
void plane_check_metal_reads(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture,
	uint32_t plane, const uint8_t *wanted);
/* Every plane, written by either side before any is read by the other. */
void planes_check(struct gpu *gpu, VkImage image, const struct planar *format);

/* Commands of Metal's GPU, and a buffer for their bytes, which the caller releases. */
struct plane_work {
	struct tongs_buffer *buffer;
	struct tongs_command_queue *queue;
	struct tongs_command_buffer *commands;
	struct tongs_encoder *blit;
};
void plane_work_begin(struct gpu *gpu, struct plane_work *work);
/* Between, for other encoders. */
void plane_work_end_blit(struct plane_work *work);
void plane_work_end(struct plane_work *work);

#endif
