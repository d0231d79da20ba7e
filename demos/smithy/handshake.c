/* SPDX-License-Identifier: MIT */
/* The handshake: Vulkan draws frame after frame of a hammer's stroke into one shared image, and Metal adds a film of
 * what it saw to each. A timeline semaphore that is an MTLSharedEvent orders them: the program submits the work of all
 * frames, and waits once, at the end. */
#include "demo.h"

#include <stdio.h>
#include <string.h>

#include "client/share.h"
#include "client/timeline.h"
#include "film.h"
#include "picture.h"
#include "scene.h"

enum {
	WIDTH = 480,
	HEIGHT = 360,
	FRAMES = TONGS_FILM_FRAMES,
	FRAME_SIZE = WIDTH * HEIGHT * 4,
	MILLISECONDS = 90, /* that a frame is shown */
	PATIENCE = 60,     /* seconds, for all frames */
};

/* Turns alternate. In turn 2 i, whose end is signaled as 2 i + 1, Vulkan keeps what both drew in frame i - 1, and draws
 * frame i. In turn 2 i + 1 Metal adds the film. In the turn after the last frame's Vulkan only keeps it. */
enum { LAST_TURN = 2 * FRAMES };

enum { SHARED, UNSHARED, TARGETS };

struct handshake {
	struct tongs_context context;
	struct tongs_timeline timeline;
	struct tongs_context_image images[TARGETS];
	struct tongs_context_buffer kept[TARGETS]; /* all frames of each image */
	struct tongs_scene *scene;
	VkFence fence;               /* of the last turn */
	struct tongs_texture *metal; /* the shared image, borrowed */
	struct tongs_texture *film;  /* Metal's own */
	struct tongs_buffer *art;    /* the empty film, then the numbers */
	struct tongs_command_queue *queue;
	struct tongs_command_buffer *turns[FRAMES]; /* Metal's */
	bool is_stuck;                              /* the device works for ever, and is left alone */
	struct tongs_picture blank, expected;       /* the film without pictures, and as it should be in a frame */
};

static struct tongs_picture get_kept(const struct handshake *h, int target, uint32_t frame) {
	return (struct tongs_picture){(uint8_t *)h->kept[target].pages + (size_t)frame * FRAME_SIZE, WIDTH, HEIGHT};
}

/* The rows of a picture from `top` on. */
static struct tongs_picture get_rows(const struct tongs_picture *picture, uint32_t top, uint32_t height) {
	return (struct tongs_picture){picture->texels + top * tongs_picture_get_pitch(picture), picture->width, height};
}

static bool create_vulkan(struct handshake *h, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, NULL, 0, true};
	const struct tongs_context *context = &h->context;
	const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	const struct tongs_context_image_info info = {
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {WIDTH, HEIGHT},
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
		.aspect = VK_IMAGE_ASPECT_COLOR_BIT,
	};

	if (!tongs_demo_check(row, tongs_timeline_create(context, &h->timeline),
		    "a timeline semaphore is exported as an MTLSharedEvent") ||
		!tongs_share_create_image(context, &share, &info, &h->images[SHARED]) ||
		!tongs_context_create_view(context, &info, &h->images[SHARED]) ||
		!tongs_context_create_image(context, &info, &h->images[UNSHARED]) ||
		!TONGS_VULKAN_TRY(vkCreateFence, context->device, &fence, NULL, &h->fence))
		return false;
	for (int i = 0; i < TARGETS; i++)
		if (!tongs_context_create_buffer(
			    context, (VkDeviceSize)FRAMES * FRAME_SIZE, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &h->kept[i]))
			return false;
	const VkImageView views[TARGETS] = {h->images[SHARED].view, h->images[UNSHARED].view};
	/* Vulkan draws what the film leaves free. */
	h->scene = tongs_scene_create(
		context, views, TARGETS, info.format, (VkExtent2D){WIDTH, tongs_film_in_frame.top}, FRAMES);
	return h->scene;
}

/* What Metal copies from: the film without pictures, and the number of each frame. */
static bool create_art(struct handshake *h, struct tongs_device *device) {
	const size_t film_size = tongs_picture_get_pitch(&h->blank) * h->blank.height;
	const size_t number_size = (size_t)tongs_film_number.width * tongs_film_number.height * 4;

	h->art = tongs_device_new_buffer(device, film_size + FRAMES * number_size, MTLResourceStorageModeShared);
	uint8_t *bytes = h->art ? tongs_buffer_get_contents(h->art) : NULL;
	if (!bytes)
		return false;
	memcpy(bytes, h->blank.texels, film_size);
	for (uint32_t i = 0; i < FRAMES; i++) {
		struct tongs_picture number = {
			bytes + film_size + i * number_size, tongs_film_number.width, tongs_film_number.height};
		tongs_film_draw_number(&number, i);
	}
	return true;
}

static bool create_metal(struct handshake *h) {
	const uint32_t width = tongs_film_in_frame.width, height = tongs_film_in_frame.height;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, width, height);

	if (!tongs_picture_init(&h->blank, width, height) || !tongs_picture_init(&h->expected, width, height))
		return false;
	tongs_film_draw(&h->blank);
	h->metal = tongs_texture_from_handle(tongs_context_export(
		&h->context, h->images[SHARED].memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT));
	if (!h->metal)
		return false;
	struct tongs_device *device = tongs_resource_get_device(tongs_texture_get_resource(h->metal));
	info.resource_options = MTLResourceStorageModePrivate;
	h->film = tongs_device_new_texture(device, &info);
	h->queue = tongs_device_new_command_queue(device);
	return h->film && h->queue && create_art(h, device);
}

static void finish(struct handshake *h) {
	for (int i = 0; i < FRAMES; i++)
		tongs_command_buffer_unref(h->turns[i]);
	tongs_command_queue_unref(h->queue);
	tongs_buffer_unref(h->art);
	tongs_texture_unref(h->film);
	tongs_picture_finish(&h->expected);
	tongs_picture_finish(&h->blank);
	tongs_scene_destroy(&h->context, h->scene);
	for (int i = 0; i < TARGETS; i++) {
		tongs_context_destroy_buffer(&h->context, &h->kept[i]);
		tongs_context_destroy_image(&h->context, &h->images[i]);
	}
	if (h->context.device)
		vkDestroyFence(h->context.device, h->fence, NULL);
	tongs_timeline_destroy(&h->context, &h->timeline);
	tongs_context_finish(&h->context);
}

static void record_keep(const struct handshake *h, VkCommandBuffer commands, int target, uint32_t frame) {
	vkCmdCopyImageToBuffer(commands, h->images[target].image, VK_IMAGE_LAYOUT_GENERAL, h->kept[target].buffer, 1,
		&(VkBufferImageCopy){
			.bufferOffset = (VkDeviceSize)frame * FRAME_SIZE,
			.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
			.imageExtent = {WIDTH, HEIGHT, 1},
		});
	tongs_context_barrier(commands);
}

/* Draws all frames into the image that is not shared. */
static bool draw_unshared(const struct handshake *h) {
	VkCommandBuffer commands = tongs_context_begin(&h->context);

	for (uint32_t i = 0; i < FRAMES && commands; i++) {
		tongs_scene_record(h->scene, UNSHARED, i, commands);
		tongs_context_barrier(commands);
		record_keep(h, commands, UNSHARED, i);
	}
	return commands && tongs_context_submit(&h->context, commands);
}

static bool submit_vulkan(const struct handshake *h, uint32_t frame) {
	const bool is_last = frame == FRAMES;
	VkCommandBuffer commands = tongs_context_begin(&h->context);

	if (!commands)
		return false;
	if (frame > 0) {
		tongs_share_acquire_image(&h->context, commands, h->images[SHARED].image);
		record_keep(h, commands, SHARED, frame - 1);
	}
	if (!is_last) {
		tongs_scene_record(h->scene, SHARED, frame, commands);
		tongs_share_release_image(&h->context, commands, h->images[SHARED].image);
	}
	return tongs_timeline_submit(&h->context, &h->timeline, commands, (uint64_t)2 * frame, (uint64_t)2 * frame + 1,
		is_last ? h->fence : VK_NULL_HANDLE);
}

static MTLOrigin origin_of(const struct tongs_film_area *area) {
	return MTLOriginMake(area->left, area->top, 0);
}

static MTLSize size_of(const struct tongs_film_area *area) {
	return MTLSizeMake(area->width, area->height, 1);
}

/* Vulkan's picture goes to its cell and the frame's number beside it; then the film goes below the picture. */
static void encode_film(const struct handshake *h, struct tongs_encoder *encoder, uint32_t frame) {
	const struct tongs_film_area *whole = &tongs_film_in_frame, *number = &tongs_film_number;
	const struct tongs_film_area cell = tongs_film_get_cell(frame);
	const NSUInteger film_pitch = tongs_picture_get_pitch(&h->blank), pitch = (NSUInteger)number->width * 4;
	const NSUInteger numbers = film_pitch * h->blank.height;
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);

	if (frame == 0)
		tongs_blit_copy_buffer_to_texture(
			encoder, h->art, 0, film_pitch, 0, size_of(whole), h->film, 0, 0, zero, MTLBlitOptionNone);
	tongs_blit_copy_texture(
		encoder, h->metal, 0, 0, origin_of(&tongs_film_view), size_of(&cell), h->film, 0, 0, origin_of(&cell));
	tongs_blit_copy_buffer_to_texture(encoder, h->art, numbers + frame * pitch * number->height, pitch, 0,
		size_of(number), h->film, 0, 0, origin_of(number), MTLBlitOptionNone);
	tongs_blit_copy_texture(encoder, h->film, 0, 0, zero, size_of(whole), h->metal, 0, 0, origin_of(whole));
}

static bool commit_metal(struct handshake *h, uint32_t frame) {
	struct tongs_command_buffer *turn = tongs_command_queue_new_command_buffer(h->queue);

	h->turns[frame] = turn;
	if (!turn)
		return false;
	tongs_command_buffer_encode_wait(turn, h->timeline.event, (uint64_t)2 * frame + 1);
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(turn);
	if (!encoder)
		return false;
	encode_film(h, encoder, frame);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	tongs_command_buffer_encode_signal(turn, h->timeline.event, (uint64_t)2 * frame + 2);
	return tongs_command_buffer_commit(turn);
}

/* Returns whether all of Metal's turns that were committed have completed. */
static bool complete_metal(const struct handshake *h) {
	bool completed = true;

	for (int i = 0; i < FRAMES && h->turns[i]; i++) {
		if (tongs_command_buffer_get_status(h->turns[i]) >= MTLCommandBufferStatusCommitted)
			tongs_command_buffer_wait_until_completed(h->turns[i]);
		completed =
			completed && tongs_command_buffer_get_status(h->turns[i]) == MTLCommandBufferStatusCompleted;
	}
	return completed;
}

/* Has all turns that were submitted end, whatever they wait for. Sets `h->is_stuck` if one does not: signals in a wrong
 * order can make a driver wait for ever. */
static void rescue(struct handshake *h, uint32_t submitted) {
	const VkSubmitInfo nothing = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO};

	tongs_shared_event_set_signaled_value(h->timeline.event, LAST_TURN);
	if (submitted <= FRAMES && vkQueueSubmit(h->context.queue, 1, &nothing, h->fence) != VK_SUCCESS)
		return;
	h->is_stuck = vkWaitForFences(h->context.device, 1, &h->fence, VK_TRUE, UINT64_C(2000000000)) == VK_TIMEOUT;
}

static bool run_turns(struct handshake *h, struct tongs_demo_row *row) {
	const uint64_t patience = PATIENCE * UINT64_C(1000000000);
	uint32_t submitted = 0;

	while (submitted <= FRAMES && submit_vulkan(h, submitted) &&
		(submitted == FRAMES || commit_metal(h, submitted)))
		submitted++;
	bool ended =
		submitted > FRAMES && vkWaitForFences(h->context.device, 1, &h->fence, VK_TRUE, patience) == VK_SUCCESS;
	if (!ended)
		rescue(h, submitted);
	bool completed = !h->is_stuck && complete_metal(h);
	return tongs_demo_check(row, ended && completed,
		"all frames are submitted at once; Vulkan and Metal take turns, and the program waits at the end");
}

/* Whether the drawing and the next one are so different that neither passes for the other. */
static bool are_different(const struct handshake *h, uint32_t frame) {
	const uint32_t next = (frame + 1) % FRAMES;
	const struct tongs_picture one = get_kept(h, UNSHARED, frame), other = get_kept(h, UNSHARED, next);
	const struct tongs_picture above = get_rows(&one, 0, tongs_film_in_frame.top);
	const struct tongs_picture other_above = get_rows(&other, 0, tongs_film_in_frame.top);

	return !tongs_picture_is_close(&above, &other_above);
}

/* Compares a frame: above with the drawing that is not shared (a resolve may round differently in another tiling), and
 * below with the film, in which `h->expected` has the frames before. */
static bool is_right(struct handshake *h, uint32_t frame) {
	const struct tongs_film_area cell = tongs_film_get_cell(frame), *number = &tongs_film_number;
	const struct tongs_film_area whole_number = {0, 0, number->width, number->height};
	const struct tongs_picture seen = get_kept(h, SHARED, frame), drawn = get_kept(h, UNSHARED, frame);
	const struct tongs_picture above = get_rows(&seen, 0, tongs_film_in_frame.top);
	const struct tongs_picture drawn_above = get_rows(&drawn, 0, tongs_film_in_frame.top);
	const struct tongs_picture film = get_rows(&seen, tongs_film_in_frame.top, tongs_film_in_frame.height);
	struct tongs_picture digits;

	if (!tongs_picture_init(&digits, number->width, number->height))
		return false;
	tongs_film_draw_number(&digits, frame);
	tongs_film_copy(&seen, &tongs_film_view, &h->expected, cell.left, cell.top);
	tongs_film_copy(&digits, &whole_number, &h->expected, number->left, number->top);
	tongs_picture_finish(&digits);
	return tongs_picture_is_close(&above, &drawn_above) && tongs_picture_is_same(&film, &h->expected);
}

static bool compare(struct handshake *h, struct tongs_demo_row *row, struct tongs_demo_handshake *result) {
	bool different = true;

	memcpy(h->expected.texels, h->blank.texels, tongs_picture_get_pitch(&h->blank) * h->blank.height);
	for (uint32_t i = 0; i < FRAMES; i++) {
		different = different && are_different(h, i);
		result->right += is_right(h, i);
	}
	tongs_demo_check(row, different, "no drawing passes for the one before or after it");
	return tongs_demo_check(row, different && result->right == FRAMES,
		"each frame is Vulkan's drawing, with Metal's film of it and of those before");
}

static bool save(const struct handshake *h, const struct tongs_demo *demo) {
	struct tongs_picture pictures[FRAMES];
	char path[PATH_MAX];

	for (uint32_t i = 0; i < FRAMES; i++)
		pictures[i] = get_kept(h, SHARED, i);
	if (!tongs_demo_get_path(demo, "handshake.png", path) ||
		!tongs_picture_write_animation(pictures, FRAMES, MILLISECONDS, path))
		return false;
	printf("  wrote %s\n", path);
	return true;
}

/* Why the device cannot do it; NULL: it can. */
static const char *explain(VkPhysicalDevice device) {
	const struct tongs_context_image_info info = {
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {WIDTH, HEIGHT},
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
	};
	const char *why_not = tongs_timeline_explain_objects(device);

	if (!why_not)
		why_not = tongs_timeline_explain_semaphores(device);
	if (!why_not && !tongs_share_can_image(device, &info))
		why_not = "images that this device shares cannot be drawn into";
	return why_not;
}

bool tongs_demo_handshake(const struct tongs_demo *demo, struct tongs_demo_handshake *result) {
	const VkPhysicalDevice device = demo->first.physical_device;
	struct tongs_demo_row row = {0};
	struct handshake h = {0};

	*result = (struct tongs_demo_handshake){.frames = FRAMES, .turns = LAST_TURN, .why_not = explain(device)};
	if (result->why_not) {
		tongs_demo_skip(&row, "Vulkan and Metal draw frames in turns", result->why_not);
		return true;
	}
	bool done = tongs_timeline_init_context(&h.context, device) && create_vulkan(&h, &row) && create_metal(&h) &&
		    draw_unshared(&h) && run_turns(&h, &row);
	if (done) {
		done = compare(&h, &row, result);
		done = save(&h, demo) && done;
	}
	if (!h.is_stuck)
		finish(&h);
	return done;
}
