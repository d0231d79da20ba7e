/* SPDX-License-Identifier: MIT */
/* Each writer fills the resource with bytes of a seed of its own, which the CPU computes, and each reader's bytes are
 * compared with those of the last writer. */
#include "probe_bytes.h"

#include <stdio.h>
#include <string.h>

#include "client/command.h"
#include "client/share.h"

enum { SIDE = 64, PITCH = SIDE * 4, BYTES = SIDE * PITCH };
enum { BUFFER = 0, TEXTURE = 1, HEAP = 2 }; /* tongs_probe_kind::type */

/* Where buffers lie in a heap: a multiple of every alignment that Vulkan devices require of buffers. */
static const VkDeviceSize heap_offset = 1 << 16;

const struct tongs_probe_kind tongs_probe_kinds[TONGS_PROBE_KIND_COUNT] = {
	{BUFFER, "buffer", false, VK_IMAGE_TILING_LINEAR},
	{BUFFER, "LINEAR image", true, VK_IMAGE_TILING_LINEAR},
	{TEXTURE, "LINEAR image", true, VK_IMAGE_TILING_LINEAR},
	{TEXTURE, "OPTIMAL image", true, VK_IMAGE_TILING_OPTIMAL},
	{HEAP, "buffer", false, VK_IMAGE_TILING_LINEAR},
	{HEAP, "LINEAR image", true, VK_IMAGE_TILING_LINEAR},
	{HEAP, "OPTIMAL image", true, VK_IMAGE_TILING_OPTIMAL},
};

static const VkExternalMemoryHandleTypeFlagBits types[] = {
	[BUFFER] = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
	[TEXTURE] = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	[HEAP] = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT,
};

static const VkBufferUsageFlags buffer_usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

/* As the probe's rows were tried. */
static const VkImageCreateInfo image_info = {
	.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
	.imageType = VK_IMAGE_TYPE_2D,
	.format = VK_FORMAT_R8G8B8A8_UNORM,
	.extent = {SIDE, SIDE, 1},
	.mipLevels = 1,
	.arrayLayers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
};

const struct tongs_probe_row *tongs_probe_find_row(
	const struct tongs_probe *probe, const struct tongs_probe_kind *kind) {
	if (!kind->is_image)
		return &probe->buffers[kind->type];
	for (size_t i = 0; i < probe->format_count; i++)
		if (probe->images[i][0].format->vk_format == image_info.format)
			return &probe->images[i][kind->type * TONGS_PROBE_TILING_COUNT + kind->tiling];
	return NULL;
}

bool tongs_probe_bytes_init(struct tongs_probe_bytes *bytes, const struct tongs_probe *probe, VkPhysicalDevice device) {
	*bytes = (struct tongs_probe_bytes){0};
	if (!tongs_context_init(&bytes->first, device, NULL) || !tongs_context_init(&bytes->second, device, NULL)) {
		tongs_probe_bytes_finish(bytes);
		return false;
	}
	bytes->device = tongs_device_new_from_uuids(probe->identity.ids.deviceUUID, probe->identity.ids.driverUUID);
	if (bytes->device && probe->metal.features[TONGS_PROBE_BLIT].works)
		bytes->queue = tongs_device_new_command_queue(bytes->device);
	return true;
}

void tongs_probe_bytes_finish(struct tongs_probe_bytes *bytes) {
	tongs_command_queue_unref(bytes->queue);
	tongs_device_unref(bytes->device);
	tongs_context_finish(&bytes->second);
	tongs_context_finish(&bytes->first);
	*bytes = (struct tongs_probe_bytes){0};
}

/* The resource on one of the devices. */
struct side {
	const struct tongs_context *context;
	bool is_image;
	struct tongs_context_buffer buffer;
	struct tongs_context_image image;
};

struct trial {
	const struct tongs_probe_bytes *bytes;
	const struct tongs_probe_kind *kind;
	const struct tongs_probe_row *row;
	struct side first, second;
	/* The Metal object, one of them; NULL: the handle has none of this resource's layout. */
	struct tongs_buffer *buffer;
	struct tongs_texture *texture;
	struct tongs_heap *heap;
	bool is_private; /* Metal's object: its calls for the CPU refuse */
	uint8_t wanted[BYTES];
	uint32_t seed;
	char *text;
	char logged[256]; /* the first error that Tongs or Vulkan reported */
};

static void keep_logged(enum tongs_message_severity severity, const char *text, void *user) {
	struct trial *t = user;

	if (severity == TONGS_MESSAGE_ERROR && !*t->logged)
		snprintf(t->logged, sizeof t->logged, "%s", text);
}

/* Writes new bytes to `wanted`. */
static const uint8_t *renew(struct trial *t) {
	t->seed++;
	for (uint32_t i = 0; i < BYTES; i++)
		t->wanted[i] = (uint8_t)((i * 2654435761u + t->seed * 40503u) >> 13);
	return t->wanted;
}

static bool fail(struct trial *t, const char *what) {
	snprintf(t->text, TONGS_PROBE_BYTES_TEXT, "%s%s%s", what, *t->logged ? ": " : "", t->logged);
	return false;
}

/* Compares what was read with what was written last. */
static bool compare(struct trial *t, const uint8_t *seen, const char *what) {
	unsigned count = 0, first = 0;

	for (unsigned i = BYTES; i-- > 0;) {
		if (seen[i] != t->wanted[i]) {
			count++;
			first = i;
		}
	}
	if (count)
		snprintf(t->text, TONGS_PROBE_BYTES_TEXT,
			"%s: %u of %u bytes differ, the first is byte %u: 0x%02x, not 0x%02x", what, count,
			(unsigned)BYTES, first, seen[first], t->wanted[first]);
	return !count;
}

static void acquire(const struct side *side, VkCommandBuffer commands) {
	if (side->is_image)
		tongs_share_acquire_image(side->context, commands, side->image.image);
	else
		tongs_share_acquire_buffer(side->context, commands, side->buffer.buffer);
}

static void release(const struct side *side, VkCommandBuffer commands) {
	tongs_context_barrier(commands);
	if (side->is_image)
		tongs_share_release_image(side->context, commands, side->image.image);
	else
		tongs_share_release_buffer(side->context, commands, side->buffer.buffer);
}

static void record_copy(const struct side *side, VkCommandBuffer commands, VkBuffer plain, bool into_shared) {
	const VkBufferImageCopy region = {
		.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, .imageExtent = {SIDE, SIDE, 1}};

	if (!side->is_image)
		vkCmdCopyBuffer(commands, into_shared ? plain : side->buffer.buffer,
			into_shared ? side->buffer.buffer : plain, 1, &(VkBufferCopy){.size = BYTES});
	else if (into_shared)
		vkCmdCopyBufferToImage(commands, plain, side->image.image, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
	else
		vkCmdCopyImageToBuffer(commands, side->image.image, VK_IMAGE_LAYOUT_GENERAL, plain, 1, &region);
}

/* Copies the resource to or from `plain` on the GPU, and waits. `is_new`: nobody has had it yet. */
static bool copy(const struct side *side, const struct tongs_context_buffer *plain, bool into_shared, bool is_new) {
	VkCommandBuffer commands = tongs_context_begin(side->context);

	if (!commands)
		return false;
	if (!is_new)
		acquire(side, commands);
	else if (side->is_image)
		tongs_context_begin_image(commands, side->image.image, VK_IMAGE_ASPECT_COLOR_BIT);
	record_copy(side, commands, plain->buffer, into_shared);
	release(side, commands);
	return tongs_context_submit(side->context, commands);
}

static bool vulkan_writes(struct trial *t, const struct side *side, bool is_new, const char *what) {
	struct tongs_context_buffer plain;
	bool done = tongs_context_create_buffer(side->context, BYTES, buffer_usage, &plain);

	if (done) {
		memcpy(plain.pages, renew(t), BYTES);
		done = copy(side, &plain, true, is_new);
		tongs_context_destroy_buffer(side->context, &plain);
	}
	return done || fail(t, what);
}

static bool vulkan_reads(struct trial *t, const struct side *side, const char *what) {
	struct tongs_context_buffer plain;
	bool done = tongs_context_create_buffer(side->context, BYTES, buffer_usage, &plain);

	if (!done)
		return fail(t, what);
	memset(plain.pages, 0, BYTES);
	done = copy(side, &plain, false, false) ? compare(t, plain.pages, what) : fail(t, what);
	tongs_context_destroy_buffer(side->context, &plain);
	return done;
}

static bool create_side(
	struct trial *t, struct side *side, const struct tongs_context *context, void *handle, uint32_t memory_types) {
	const bool in_heap = t->kind->type == HEAP && !t->kind->is_image;
	const struct tongs_share share = {
		.type = types[t->kind->type], .handle = handle, .offset = in_heap ? heap_offset : 0};
	VkImageCreateInfo info = image_info;

	side->context = context;
	side->is_image = t->kind->is_image;
	info.tiling = t->kind->tiling;
	return side->is_image
		       ? tongs_share_create_shape_in(context, &share, memory_types,
				 t->row->features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT, &info, &side->image)
		       : tongs_share_create_buffer_in(
				 context, &share, memory_types, BYTES, buffer_usage, &side->buffer);
}

static void destroy_side(struct side *side) {
	if (side->context) {
		tongs_context_destroy_buffer(side->context, &side->buffer);
		tongs_context_destroy_image(side->context, &side->image);
	}
}

/* Finds the Metal object that has the resource's bytes in its own layout. Of images, only a texture has. */
static bool find_object(struct trial *t, void *handle) {
	struct tongs_resource *resource = NULL;

	if (t->kind->type == TEXTURE) {
		t->texture = tongs_texture_from_handle(handle);
		if (!t->texture)
			return fail(t, "the exported handle is no MTLTexture");
		tongs_texture_ref(t->texture);
		resource = tongs_texture_get_resource(t->texture);
	} else if (t->kind->type == BUFFER) {
		struct tongs_buffer *buffer = tongs_buffer_from_handle(handle);
		if (!buffer)
			return fail(t, "the exported handle is no MTLBuffer");
		t->buffer = t->kind->is_image ? NULL : tongs_buffer_ref(buffer);
	} else {
		t->heap = tongs_heap_from_handle(handle);
		if (!t->heap)
			return fail(t, "the exported handle is no MTLHeap");
		if (!t->kind->is_image)
			t->buffer = tongs_heap_new_buffer_at(
				t->heap, BYTES, tongs_heap_get_resource_options(t->heap), heap_offset);
		if (!t->kind->is_image && !t->buffer)
			return fail(t, "Metal cannot place a buffer in the heap where Vulkan's is");
	}
	if (t->buffer)
		resource = tongs_buffer_get_resource(t->buffer);
	t->is_private = resource && tongs_resource_get_storage_mode(resource) == MTLStorageModePrivate;
	return true;
}

static const MTLRegion whole = {{0, 0, 0}, {SIDE, SIDE, 1}};

static bool metal_reads(struct trial *t, const char *what) {
	uint8_t seen[BYTES] = {0};
	const void *contents = t->buffer ? tongs_buffer_get_contents(t->buffer) : NULL;

	if (contents)
		memcpy(seen, contents, BYTES);
	else if (t->buffer || !tongs_texture_get_bytes(t->texture, seen, PITCH, 0, whole, 0, 0))
		return fail(t, what);
	return compare(t, seen, what);
}

static bool metal_writes(struct trial *t, const char *what) {
	void *contents = t->buffer ? tongs_buffer_get_contents(t->buffer) : NULL;

	if (contents)
		memcpy(contents, renew(t), BYTES);
	else if (t->buffer || !tongs_texture_replace_region(t->texture, whole, 0, 0, renew(t), PITCH, 0))
		return fail(t, what);
	return true;
}

/* Has Metal's queue copy the object to or from `plain`. */
static bool blit(struct trial *t, struct tongs_buffer *plain, bool into_object) {
	const MTLOrigin zero = {0, 0, 0};
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(t->bytes->queue);
	struct tongs_encoder *encoder = commands ? tongs_command_buffer_new_blit_encoder(commands) : NULL;
	bool done = encoder;

	if (done && t->buffer)
		tongs_blit_copy_buffer(
			encoder, into_object ? plain : t->buffer, 0, into_object ? t->buffer : plain, 0, BYTES);
	else if (done && into_object)
		tongs_blit_copy_buffer_to_texture(
			encoder, plain, 0, PITCH, 0, whole.size, t->texture, 0, 0, zero, MTLBlitOptionNone);
	else if (done)
		tongs_blit_copy_texture_to_buffer(
			encoder, t->texture, 0, 0, zero, whole.size, plain, 0, PITCH, 0, MTLBlitOptionNone);
	if (done) {
		tongs_encoder_end(encoder);
		done = tongs_command_buffer_commit(commands);
	}
	if (done)
		tongs_command_buffer_wait_until_completed(commands);
	done = done && tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted;
	tongs_encoder_unref(encoder);
	tongs_command_buffer_unref(commands);
	return done;
}

static bool exchange_by_blits(struct trial *t) {
	static const char reads[] = "Metal's blit reads", writes[] = "Metal's blit writes";
	struct tongs_buffer *plain = tongs_device_new_buffer(t->bytes->device, BYTES, MTLResourceStorageModeShared);
	bool done = plain;

	if (done) {
		done = blit(t, plain, false) ? compare(t, tongs_buffer_get_contents(plain), reads) : fail(t, reads);
		if (done) {
			memcpy(tongs_buffer_get_contents(plain), renew(t), BYTES);
			done = blit(t, plain, true) ? vulkan_reads(t, &t->first, "Vulkan reads what Metal's blit wrote")
						    : fail(t, writes);
		}
	} else {
		fail(t, reads);
	}
	tongs_buffer_unref(plain);
	return done;
}

static bool exchange_by_cpu(struct trial *t) {
	return metal_reads(t, "Metal reads what Vulkan wrote") && metal_writes(t, "Metal writes") &&
	       vulkan_reads(t, &t->first, "Vulkan reads what Metal wrote");
}

static bool exchange_by_import(struct trial *t, void *handle) {
	if (!create_side(t, &t->second, &t->bytes->second, handle, UINT32_MAX))
		return fail(t, "a second device imports it");
	return vulkan_reads(t, &t->second, "a second device reads through its import") &&
	       vulkan_writes(t, &t->second, false, "a second device writes through its import") &&
	       vulkan_reads(t, &t->first, "Vulkan reads what a second device wrote") &&
	       vulkan_writes(t, &t->first, false, "Vulkan writes after a second device") &&
	       vulkan_reads(t, &t->second, "a second device reads what Vulkan wrote after it");
}

static bool exchange(struct trial *t, uint32_t memory_type) {
	if (!create_side(t, &t->first, &t->bytes->first, NULL, UINT32_C(1) << memory_type))
		return fail(t, "it cannot be created for export");
	const VkDeviceMemory memory = t->kind->is_image ? t->first.image.memory : t->first.buffer.memory;
	void *handle = tongs_context_export(&t->bytes->first, memory, types[t->kind->type]);
	if (!handle)
		return fail(t, "it cannot be exported");
	if (!find_object(t, handle) || !vulkan_writes(t, &t->first, true, "Vulkan writes"))
		return false;
	const bool has_object = t->buffer || t->texture, by_cpu = has_object && !t->is_private,
		   by_blits = has_object && t->bytes->queue;
	if ((by_cpu && !exchange_by_cpu(t)) || (by_blits && !exchange_by_blits(t)) || !exchange_by_import(t, handle))
		return false;
	snprintf(t->text, TONGS_PROBE_BYTES_TEXT, "%s%s%sa second device both ways%s", by_cpu ? "Metal, " : "",
		by_blits ? "Metal's blits" : "", by_cpu || by_blits ? " and " : "",
		has_object && t->is_private ? "; Private" : "");
	return true;
}

bool tongs_probe_bytes_try(const struct tongs_probe_bytes *bytes, const struct tongs_probe_kind *kind,
	const struct tongs_probe_row *row, uint32_t memory_type, char text[TONGS_PROBE_BYTES_TEXT]) {
	struct trial t = {.bytes = bytes, .kind = kind, .row = row, .text = text};

	*text = '\0';
	tongs_command_keep_error(t.logged, sizeof t.logged, true);
	tongs_set_message_callback(keep_logged, &t);
	const bool right = exchange(&t, memory_type);
	tongs_set_message_callback(NULL, NULL);
	tongs_command_keep_error(NULL, 0, false);
	destroy_side(&t.second);
	tongs_buffer_unref(t.buffer);
	tongs_texture_unref(t.texture);
	destroy_side(&t.first);
	return right;
}
