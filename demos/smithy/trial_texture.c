/* SPDX-License-Identifier: MIT */
/* The trial of an image as an MTLTexture: Vulkan draws, Metal reads; Metal writes a panel, Vulkan reads both. If the
 * texture is Private, a second device does Metal's part through the handle. */
#include "demo.h"

#include <stdio.h>
#include <string.h>

#include "client/share.h"
#include "picture.h"
#include "scene.h"

enum { WIDTH = 1280, HEIGHT = 960, PANEL_FRAME = 4 };

static const MTLRegion whole = {{0, 0, 0}, {WIDTH, HEIGHT, 1}};
static const MTLRegion panel_region = {{40, HEIGHT - 40 - 96, 0}, {460, 96, 1}};

struct trial {
	struct tongs_context_image_info info;
	bool is_target; /* the device can draw into the shared image itself */
	struct tongs_context_image image;
	struct tongs_texture *metal;      /* borrowed from the image's memory */
	bool is_private;                  /* Metal's calls refuse */
	struct tongs_picture reference;   /* the same drawing in an image that is not shared */
	struct tongs_picture drawn;       /* the shared image, read by Vulkan */
	struct tongs_picture metal_reads; /* the same, read by Metal */
	struct tongs_picture panel;       /* what Metal writes */
	struct tongs_picture both;        /* the shared image with the panel, read by Vulkan */
};

enum owner {
	OWNER_NONE,     /* the image is not shared */
	OWNER_SELF,     /* this device's queue family, and no other side has had the image yet */
	OWNER_EXTERNAL, /* another side */
};

/* Acquires the image from `owner`, copies it on the GPU into an ordinary buffer and from there into `picture`, and
 * releases it. */
static bool read_by_vulkan(
	const struct tongs_context *context, VkImage image, enum owner owner, const struct tongs_picture *picture) {
	VkDeviceSize size = tongs_picture_get_pitch(picture) * picture->height;
	struct tongs_context_buffer plain;

	if (!tongs_context_create_buffer(context, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &plain))
		return false;
	VkCommandBuffer commands = tongs_context_begin(context);
	bool done = false;
	if (commands) {
		if (owner == OWNER_EXTERNAL)
			tongs_share_acquire_image(context, commands, image);
		else
			tongs_context_barrier(commands);
		vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, plain.buffer, 1,
			&(VkBufferImageCopy){
				.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
				.imageExtent = {picture->width, picture->height, 1},
			});
		tongs_context_barrier(commands);
		if (owner != OWNER_NONE)
			tongs_share_release_image(context, commands, image);
		done = tongs_context_submit(context, commands);
	}
	if (done)
		memcpy(picture->texels, plain.pages, size);
	tongs_context_destroy_buffer(context, &plain);
	return done;
}

static bool copy_image(const struct tongs_context *context, VkImage from, VkImage to, VkExtent2D extent) {
	const VkImageSubresourceLayers layers = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
	VkCommandBuffer commands = tongs_context_begin(context);

	if (!commands)
		return false;
	tongs_context_begin_image(commands, to, VK_IMAGE_ASPECT_COLOR_BIT);
	tongs_context_barrier(commands);
	vkCmdCopyImage(commands, from, VK_IMAGE_LAYOUT_GENERAL, to, VK_IMAGE_LAYOUT_GENERAL, 1,
		&(VkImageCopy){layers, {0}, layers, {0}, {extent.width, extent.height, 1}});
	return tongs_context_submit(context, commands);
}

/* Draws into an image that is not shared, and reads it. If the device cannot draw into the shared image, copies the
 * drawing there. */
static bool draw_reference(const struct tongs_context *context, struct trial *t) {
	struct tongs_context_image_info info = t->info;
	struct tongs_context_image image;

	info.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
	if (!tongs_context_create_image(context, &info, &image))
		return false;
	bool done = tongs_scene_render(context, image.view, info.format, info.extent) &&
		    read_by_vulkan(context, image.image, OWNER_NONE, &t->reference) &&
		    (t->is_target || copy_image(context, image.image, t->image.image, info.extent));
	tongs_context_destroy_image(context, &image);
	return done;
}

static bool save(const struct tongs_picture *picture, const struct tongs_demo *demo, const char *name) {
	char path[PATH_MAX];

	if (!tongs_demo_get_path(demo, name, path) || !tongs_picture_write(picture, path))
		return false;
	printf("  wrote %s\n", path);
	return true;
}

/* Brings the drawing into the shared image, and compares it with the one in an image that is not shared. */
static bool draw(const struct tongs_demo *demo, struct trial *t, struct tongs_demo_row *row) {
	const struct tongs_context *context = &demo->first;

	if (!draw_reference(context, t))
		return false;
	if (t->is_target && (!tongs_context_create_view(context, &t->info, &t->image) ||
				    !tongs_scene_render(context, t->image.view, t->info.format, t->info.extent)))
		return false;
	if (!read_by_vulkan(context, t->image.image, OWNER_SELF, &t->drawn))
		return false;
	/* A resolve may round differently in another tiling. */
	if (tongs_demo_check(row,
		    t->is_target ? tongs_picture_is_close(&t->drawn, &t->reference)
				 : tongs_picture_is_same(&t->drawn, &t->reference),
		    t->is_target ? "Vulkan draws into it what it draws into an image that is not shared"
				 : "Vulkan copies into it what it drew"))
		return true;
	return save(&t->reference, demo, "not-shared.png");
}

static bool create(const struct tongs_context *context, struct trial *t, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, NULL, 0, false};
	const uint32_t panel_width = (uint32_t)panel_region.size.width,
		       panel_height = (uint32_t)panel_region.size.height;

	t->info = (struct tongs_context_image_info){
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {WIDTH, HEIGHT},
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
			 VK_IMAGE_USAGE_SAMPLED_BIT,
		.aspect = VK_IMAGE_ASPECT_COLOR_BIT,
	};
	t->is_target = tongs_share_can_image(context->physical_device, &t->info);
	if (!t->is_target) {
		tongs_demo_skip(row, "Vulkan draws into it",
			"images that this device shares cannot be drawn into; it gets a copy");
		t->info.usage =
			VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_SAMPLED_BIT;
	}
	return tongs_picture_init(&t->reference, WIDTH, HEIGHT) && tongs_picture_init(&t->drawn, WIDTH, HEIGHT) &&
	       tongs_picture_init(&t->metal_reads, WIDTH, HEIGHT) && tongs_picture_init(&t->both, WIDTH, HEIGHT) &&
	       tongs_picture_init(&t->panel, panel_width, panel_height) &&
	       tongs_share_create_image(context, &share, &t->info, &t->image);
}

static void finish(const struct tongs_context *context, struct trial *t) {
	tongs_context_destroy_image(context, &t->image);
	tongs_picture_finish(&t->reference);
	tongs_picture_finish(&t->drawn);
	tongs_picture_finish(&t->metal_reads);
	tongs_picture_finish(&t->both);
	tongs_picture_finish(&t->panel);
}

/* The second device's import of the texture. */
static bool create_import(const struct tongs_demo *demo, const struct trial *t, VkImageUsageFlags usage,
	struct tongs_context_image *image) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, t->metal, 0, false};
	struct tongs_context_image_info info = t->info;

	info.usage |= usage;
	return tongs_share_create_image(&demo->second, &share, &info, image);
}

static bool read_by_import(const struct tongs_demo *demo, struct trial *t) {
	struct tongs_context_image image;

	if (!create_import(demo, t, 0, &image))
		return false;
	bool done = read_by_vulkan(&demo->second, image.image, OWNER_EXTERNAL, &t->metal_reads);
	tongs_context_destroy_image(&demo->second, &image);
	return done;
}

static bool read_by_metal(const struct tongs_demo *demo, struct trial *t, struct tongs_demo_row *row) {
	void *handle =
		tongs_context_export(&demo->first, t->image.memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT);

	t->metal = tongs_texture_from_handle(handle);
	if (!tongs_demo_check(row,
		    t->metal && tongs_texture_get_width(t->metal) == WIDTH &&
			    tongs_texture_get_height(t->metal) == HEIGHT &&
			    tongs_texture_get_pixel_format(t->metal) == MTLPixelFormatRGBA8Unorm,
		    "the exported handle is an MTLTexture like the image"))
		return false;
	struct tongs_resource *resource = tongs_texture_get_resource(t->metal);
	row->handle = handle;
	row->bytes = tongs_resource_get_allocated_size(resource);
	row->storage_mode = tongs_resource_get_storage_mode(resource);
	t->is_private = row->storage_mode == MTLStorageModePrivate;
	if (t->is_private)
		return tongs_demo_check_refusal(row, t->metal) &&
		       tongs_demo_check(row,
			       read_by_import(demo, t) && tongs_picture_is_same(&t->metal_reads, &t->drawn),
			       "a second device imports it and reads every texel that is in it");
	return tongs_demo_check(row,
		tongs_texture_get_bytes(
			t->metal, t->metal_reads.texels, tongs_picture_get_pitch(&t->metal_reads), 0, whole, 0, 0) &&
			tongs_picture_is_same(&t->metal_reads, &t->drawn),
		"getBytes reads every texel that is in it");
}

/* A texture has no pointer to its bytes: search the pages that Vulkan maps for the panel's middle row. NULL: not
 * there. */
static const void *find_panel(const struct trial *t) {
	const uint8_t *middle = t->panel.texels + t->panel.height / 2 * tongs_picture_get_pitch(&t->panel);

	return memmem(t->image.pages, t->image.size, middle, tongs_picture_get_pitch(&t->panel));
}

/* Returns a number that changes with the pages. */
static uint64_t hash_pages(const struct trial *t) {
	const uint8_t *bytes = t->image.pages;
	uint64_t hash = 14695981039346656037u;

	for (VkDeviceSize i = 0; i < t->image.size; i++)
		hash = (hash ^ bytes[i]) * 1099511628211u;
	return hash;
}

/* Fills the whole of `picture`: a checkered gradient in a frame, and how it was written. */
static void draw_panel(struct tongs_picture *picture, const char *text) {
	const uint32_t width = picture->width, height = picture->height;
	const uint32_t length = (uint32_t)strlen(text) * TONGS_LETTER_ADVANCE - 1;
	const uint32_t scale = width / (length + TONGS_LETTER_ADVANCE);

	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint32_t edge = x < y ? x : y;
			edge = edge < width - 1 - x ? edge : width - 1 - x;
			edge = edge < height - 1 - y ? edge : height - 1 - y;
			/* From deep blue to teal, lighter on every other field. */
			uint32_t light = (x / 16 + y / 16) % 2 * 10;
			uint32_t rgb = (14 + light) << 16 | (30 + light + 70 * x / width) << 8 |
				       (66 + light + 40 * y / height);
			if (edge < PANEL_FRAME)
				rgb = edge < PANEL_FRAME / 2 ? 0x10141c : 0xd8b56a;
			tongs_picture_set(picture, x, y, rgb);
		}
	}
	tongs_picture_draw_text(picture, (width - length * scale) / 2, (height - TONGS_LETTER_HEIGHT * scale) / 2,
		scale, 0xfff1cf, text);
}

static bool write_by_import(const struct tongs_demo *demo, struct trial *t) {
	const struct tongs_context *context = &demo->second;
	const VkDeviceSize size = tongs_picture_get_pitch(&t->panel) * t->panel.height;
	struct tongs_context_image image;
	struct tongs_context_buffer plain;

	if (!create_import(demo, t, VK_IMAGE_USAGE_TRANSFER_DST_BIT, &image))
		return false;
	bool done = tongs_context_create_buffer(context, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &plain);
	VkCommandBuffer commands = done ? tongs_context_begin(context) : VK_NULL_HANDLE;
	done = commands;
	if (done) {
		memcpy(plain.pages, t->panel.texels, size);
		tongs_share_acquire_image(context, commands, image.image);
		vkCmdCopyBufferToImage(commands, plain.buffer, image.image, VK_IMAGE_LAYOUT_GENERAL, 1,
			&(VkBufferImageCopy){
				.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
				.imageOffset = {(int32_t)panel_region.origin.x, (int32_t)panel_region.origin.y, 0},
				.imageExtent = {t->panel.width, t->panel.height, 1},
			});
		tongs_share_release_image(context, commands, image.image);
		done = tongs_context_submit(context, commands);
	}
	tongs_context_destroy_buffer(context, &plain);
	tongs_context_destroy_image(context, &image);
	return done;
}

/* Writes the panel by Metal, and checks that it appears in the pages that Vulkan maps. Rows of an OPTIMAL image are not
 * found there, but the pages change. */
static bool replace_region(struct trial *t, struct tongs_demo_row *row) {
	bool was_there = t->image.pages && find_panel(t);
	uint64_t before = t->image.pages ? hash_pages(t) : 0;

	if (!tongs_demo_check(row,
		    tongs_texture_replace_region(
			    t->metal, panel_region, 0, 0, t->panel.texels, tongs_picture_get_pitch(&t->panel), 0),
		    "replaceRegion writes a panel into it"))
		return false;
	if (!t->image.pages)
		return true;
	bool appeared = !was_there && find_panel(t), changed = hash_pages(t) != before;
	row->pages = appeared || changed ? TONGS_DEMO_SAME_PAGES : TONGS_DEMO_OTHER_PAGES;
	tongs_demo_check(row, appeared || changed,
		appeared ? "the panel is in the pages that Vulkan maps" : "the pages that Vulkan maps change with it");
	return true;
}

static bool write_by_metal(const struct tongs_demo *demo, struct trial *t, struct tongs_demo_row *row) {
	draw_panel(&t->panel, t->is_private ? "WRITTEN BY ITS HANDLE" : "WRITTEN BY METAL");
	bool written = t->is_private ? tongs_demo_check(row, write_by_import(demo, t),
					       "the second device writes a panel into it")
				     : replace_region(t, row);
	if (!written || !read_by_vulkan(&demo->first, t->image.image, OWNER_EXTERNAL, &t->both))
		return false;
	return tongs_demo_check(row,
		tongs_picture_is_composed(&t->both, &t->metal_reads, &t->panel, (uint32_t)panel_region.origin.x,
			(uint32_t)panel_region.origin.y),
		"Vulkan reads the panel, and its own drawing around it");
}

static bool import(const struct tongs_demo *demo, struct trial *t, struct tongs_demo_row *row) {
	struct tongs_context_image imported;
	struct tongs_picture seen;

	if (!tongs_picture_init(&seen, WIDTH, HEIGHT))
		return false;
	if (!create_import(demo, t, 0, &imported)) {
		tongs_demo_check(row, false, "a second device imports the texture");
		tongs_picture_finish(&seen);
		return false;
	}
	tongs_demo_check(row,
		read_by_vulkan(&demo->second, imported.image, OWNER_EXTERNAL, &seen) &&
			tongs_picture_is_same(&seen, &t->both),
		"a second device imports it and reads the same");
	tongs_context_destroy_image(&demo->second, &imported);
	tongs_picture_finish(&seen);
	return true;
}

bool tongs_demo_texture(const struct tongs_demo *demo, struct tongs_demo_row *row) {
	const struct tongs_context *context = &demo->first;
	struct trial t = {0};

	*row = (struct tongs_demo_row){.type = "MTLTEXTURE", .kind = TONGS_KIND_TEXTURE};
	bool done = create(context, &t, row) && draw(demo, &t, row) && read_by_metal(demo, &t, row) &&
		    save(&t.metal_reads, demo, "metal-reads.png") && write_by_metal(demo, &t, row) &&
		    save(&t.both, demo, "both-hands.png") && import(demo, &t, row);
	finish(context, &t);
	return done;
}
