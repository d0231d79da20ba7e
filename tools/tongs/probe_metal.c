/* SPDX-License-Identifier: MIT */
/* Tries what Metal objects can do: signals between semaphores and events, commands, and surfaces. */
#include "probe_metal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/share.h"
#include "client/timeline.h"

enum { SIZE = 64, BYTES = SIZE * SIZE * 4, LEVELS = 4, LAST_SIZE = SIZE >> (LEVELS - 1), VALUE = 0x5a };
enum { PATIENCE = 5000 /* ms; half of what `tongs check` has for a machine */ };

static const char *const names[TONGS_PROBE_FEATURE_COUNT] = {
	[TONGS_PROBE_OBJECTS] = VK_EXT_METAL_OBJECTS_EXTENSION_NAME,
	[TONGS_PROBE_SHARED_EVENT] = "MTLSharedEvent",
	[TONGS_PROBE_COMMAND_QUEUE] = "MTLCommandQueue",
	[TONGS_PROBE_BLIT] = "MTLBlitCommandEncoder",
	[TONGS_PROBE_RENDER] = "MTLRenderCommandEncoder",
	[TONGS_PROBE_SURFACE] = "IOSurface",
};

struct trial {
	const struct tongs_context *context;
	struct tongs_device *device;
	struct tongs_command_queue *queue;
	struct tongs_probe_metal *metal;
	char reason[128]; /* the first error that Tongs reported */
};

__attribute__((format(printf, 4, 5))) static void set(
	struct tongs_probe_metal *metal, enum tongs_probe_feature feature, bool works, const char *format, ...) {
	va_list arguments;

	metal->features[feature].name = names[feature];
	metal->features[feature].works = works;
	va_start(arguments, format);
	vsnprintf(metal->features[feature].text, sizeof metal->features[feature].text, format, arguments);
	va_end(arguments);
}

static void keep_reason(enum tongs_message_severity severity, const char *text, void *user) {
	struct trial *t = user;

	if (severity == TONGS_MESSAGE_ERROR && !*t->reason)
		snprintf(t->reason, sizeof t->reason, "%s", text);
}

/* What was reported, or `fallback`. */
static const char *get_reason(const struct trial *t, const char *fallback) {
	return *t->reason ? t->reason : fallback;
}

/* Has Vulkan wait for a signal of Metal's, and answer. */
static bool try_signals(const struct tongs_context *context) {
	struct tongs_timeline timeline;

	if (!tongs_timeline_create(context, &timeline))
		return false;
	VkCommandBuffer commands = tongs_context_begin(context);
	bool done = commands && tongs_timeline_submit(context, &timeline, commands, 1, 2, VK_NULL_HANDLE);
	tongs_shared_event_set_signaled_value(timeline.event, 1);
	done = done && tongs_shared_event_wait(timeline.event, 2, PATIENCE) &&
	       TONGS_VULKAN_TRY(vkQueueWaitIdle, context->queue);
	/* A queue that waits for ever is left alone, and so is its device. */
	if (done)
		tongs_timeline_destroy(context, &timeline);
	return done;
}

static void probe_events(const struct trial *t, const struct tongs_layer_roles *roles) {
	const VkPhysicalDevice device = t->context->physical_device;
	const char *no_objects = tongs_timeline_explain_objects(device);
	const char *no_events = no_objects ? no_objects : tongs_timeline_explain_semaphores(device);
	const bool by_gpu = roles->signals == TONGS_LAYER_CARRIER_GPU;
	struct tongs_context context;

	set(t->metal, TONGS_PROBE_OBJECTS, !no_objects, "%s", no_objects ? no_objects : "");
	if (no_events) {
		set(t->metal, TONGS_PROBE_SHARED_EVENT, false, "%s", no_events);
		return;
	}
	bool works = tongs_timeline_init_context(&context, device);
	works = works && try_signals(&context);
	if (works)
		tongs_context_finish(&context);
	t->metal->features[TONGS_PROBE_SHARED_EVENT].is_broken = !works;
	set(t->metal, TONGS_PROBE_SHARED_EVENT, works, "%s",
		!works   ? "signals did not pass between a timeline semaphore and its event"
		: by_gpu ? "signals pass both ways between a timeline semaphore and its event, on the GPU without the "
			   "CPU"
			 : "signals pass both ways between a timeline semaphore and its event, carried by the CPU");
}

/* "0 (graphics, compute, transfer)" */
static void format_family(VkPhysicalDevice device, uint32_t family, char text[64]) {
	static const struct {
		VkQueueFlagBits bit;
		const char *name;
	} flags[] = {
		{VK_QUEUE_GRAPHICS_BIT, "graphics"},
		{VK_QUEUE_COMPUTE_BIT, "compute"},
		{VK_QUEUE_TRANSFER_BIT, "transfer"},
	};
	VkQueueFamilyProperties families[16];
	uint32_t count = sizeof families / sizeof *families;
	int length = sprintf(text, "%u", family), first = length;

	vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families);
	for (size_t i = 0; i < sizeof flags / sizeof *flags && family < count; i++)
		if (families[family].queueFlags & flags[i].bit)
			length += sprintf(text + length, "%s%s", length == first ? " (" : ", ", flags[i].name);
	if (length > first)
		sprintf(text + length, ")");
}

static void probe_queue(struct trial *t) {
	const VkPhysicalDevice device = t->context->physical_device;
	char commands[64], copies[64];
	uint32_t family, texels;

	t->queue = tongs_device_new_command_queue(t->device);
	if (!t->queue || !tongs_device_get_queue_families(t->device, &family, &texels)) {
		t->metal->features[TONGS_PROBE_COMMAND_QUEUE].is_broken = true;
		set(t->metal, TONGS_PROBE_COMMAND_QUEUE, false, "%s", get_reason(t, "none can be created"));
		return;
	}
	format_family(device, family, commands);
	format_family(device, texels, copies);
	if (family == texels)
		set(t->metal, TONGS_PROBE_COMMAND_QUEUE, true, "queue family %s", commands);
	else
		set(t->metal, TONGS_PROBE_COMMAND_QUEUE, true, "queue family %s; getBytes and replaceRegion in %s",
			commands, copies);
}

/* Waits for the command buffer, and releases it. */
static bool run(struct tongs_command_buffer *commands) {
	bool done = tongs_command_buffer_commit(commands);

	if (done)
		tongs_command_buffer_wait_until_completed(commands);
	done = done && tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted;
	tongs_command_buffer_unref(commands);
	return done;
}

/* Whether the buffer begins with texels of these four bytes. */
static bool has_texels(const struct tongs_buffer *buffer, size_t size, const uint8_t texel[4]) {
	const uint8_t *bytes = tongs_buffer_get_contents(buffer);

	for (size_t i = 0; bytes && i < size; i++)
		if (bytes[i] != texel[i % 4])
			return false;
	return bytes;
}

/* Of a format with four bytes a texel. */
static struct tongs_texture *new_texture(
	const struct trial *t, MTLPixelFormat format, NSUInteger levels, NSUInteger samples) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, SIZE, SIZE);

	info.mipmap_level_count = levels;
	info.sample_count = samples;
	info.type = samples > 1 ? MTLTextureType2DMultisample : MTLTextureType2D;
	info.usage = MTLTextureUsageRenderTarget | MTLTextureUsageShaderRead;
	info.resource_options = MTLResourceStorageModePrivate;
	return tongs_device_new_texture(t->device, &info);
}

/* Fills one buffer, copies it into a texture, makes the smaller levels, and reads the last into another buffer. */
static bool try_blits(const struct trial *t, struct tongs_buffer *from, struct tongs_buffer *to) {
	static const uint8_t wanted[4] = {VALUE, VALUE, VALUE, VALUE};
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	struct tongs_texture *texture = new_texture(t, MTLPixelFormatRGBA8Unorm, LEVELS, 1);
	struct tongs_command_buffer *commands = texture ? tongs_command_queue_new_command_buffer(t->queue) : NULL;
	struct tongs_encoder *blit = commands ? tongs_command_buffer_new_blit_encoder(commands) : NULL;
	bool done = blit;

	if (blit) {
		tongs_blit_fill_buffer(blit, from, 0, BYTES, VALUE);
		tongs_blit_copy_buffer_to_texture(blit, from, 0, (NSUInteger)SIZE * 4, 0, MTLSizeMake(SIZE, SIZE, 1),
			texture, 0, 0, zero, MTLBlitOptionNone);
		tongs_blit_generate_mipmaps(blit, texture);
		tongs_blit_copy_texture_to_buffer(blit, texture, 0, LEVELS - 1, zero,
			MTLSizeMake(LAST_SIZE, LAST_SIZE, 1), to, 0, (NSUInteger)LAST_SIZE * 4, 0, MTLBlitOptionNone);
		tongs_encoder_end(blit);
		tongs_encoder_unref(blit);
	}
	if (commands)
		done = run(commands) && done;
	tongs_texture_unref(texture);
	return done && has_texels(from, BYTES, wanted) && has_texels(to, (size_t)LAST_SIZE * LAST_SIZE * 4, wanted);
}

/* Runs a pass, and reads what it wrote into a texture. */
static bool run_pass(const struct trial *t, const struct tongs_render_pass_info *info, struct tongs_texture *texture,
	struct tongs_buffer *to, const uint8_t wanted[4]) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(t->queue);
	struct tongs_encoder *pass = commands ? tongs_command_buffer_new_render_encoder(commands, info) : NULL;

	if (pass)
		tongs_encoder_end(pass);
	struct tongs_encoder *blit = pass ? tongs_command_buffer_new_blit_encoder(commands) : NULL;
	if (blit) {
		tongs_blit_copy_texture_to_buffer(blit, texture, 0, 0, MTLOriginMake(0, 0, 0),
			MTLSizeMake(SIZE, SIZE, 1), to, 0, (NSUInteger)SIZE * 4, 0, MTLBlitOptionNone);
		tongs_encoder_end(blit);
	}
	bool done = blit;
	if (commands)
		done = run(commands) && done;
	tongs_encoder_unref(blit);
	tongs_encoder_unref(pass);
	return done && has_texels(to, BYTES, wanted);
}

/* Clears a texture, or one of several samples that is resolved into it. */
static bool try_pass(const struct trial *t, NSUInteger samples, struct tongs_buffer *to) {
	const uint8_t wanted[4] = {255, 0, samples > 1 ? 255 : 0, 255};
	struct tongs_texture *plain = new_texture(t, MTLPixelFormatRGBA8Unorm, 1, 1),
			     *sampled = samples > 1 ? new_texture(t, MTLPixelFormatRGBA8Unorm, 1, samples) : NULL;
	struct tongs_render_pass_info info;

	tongs_render_pass_info_init(&info);
	info.colors[0].texture = sampled ? sampled : plain;
	info.colors[0].load_action = MTLLoadActionClear;
	info.colors[0].clear_color = MTLClearColorMake(1, 0, wanted[2] / 255.0, 1);
	if (sampled) {
		info.colors[0].resolve_texture = plain;
		info.colors[0].store_action = MTLStoreActionMultisampleResolve;
	}
	const bool done = plain && (samples == 1 || sampled) && run_pass(t, &info, plain, to, wanted);
	tongs_texture_unref(sampled);
	tongs_texture_unref(plain);
	return done;
}

static bool try_depth(const struct trial *t, MTLMultisampleDepthResolveFilter filter, struct tongs_buffer *to) {
	/* Each filter has a depth of its own, so that it cannot pass for another: 0.5, 0.25 and 0.125 as floats. */
	static const uint8_t depths[][4] = {{0, 0, 0, 0x3f}, {0, 0, 0x80, 0x3e}, {0, 0, 0, 0x3e}};
	struct tongs_texture *plain = new_texture(t, MTLPixelFormatDepth32Float, 1, 1),
			     *sampled = new_texture(t, MTLPixelFormatDepth32Float, 1, 4);
	struct tongs_render_pass_info info;

	tongs_render_pass_info_init(&info);
	info.depth.texture = sampled;
	info.depth.clear_depth = 0.5 / (double)(1 << filter);
	info.depth.resolve_texture = plain;
	info.depth.store_action = MTLStoreActionMultisampleResolve;
	info.depth.depth_resolve_filter = filter;
	const bool done = plain && sampled && run_pass(t, &info, plain, to, depths[filter]);
	tongs_texture_unref(sampled);
	tongs_texture_unref(plain);
	return done;
}

/* "sample 0, Min, Max", or "". */
static void format_depth_filters(const struct trial *t, struct tongs_buffer *to, char text[32]) {
	static const char *const filters[] = {
		[MTLMultisampleDepthResolveFilterSample0] = "sample 0",
		[MTLMultisampleDepthResolveFilterMin] = "Min",
		[MTLMultisampleDepthResolveFilterMax] = "Max",
	};
	int length = 0;

	*text = '\0';
	for (MTLMultisampleDepthResolveFilter i = 0; i < sizeof filters / sizeof *filters; i++)
		if (try_depth(t, i, to))
			length += sprintf(text + length, "%s%s", length ? ", " : "", filters[i]);
}

static void probe_passes(struct trial *t, struct tongs_buffer *to) {
	bool clears = try_pass(t, 1, to);
	char filters[32];

	t->metal->features[TONGS_PROBE_RENDER].is_broken = !clears;
	if (!clears) {
		set(t->metal, TONGS_PROBE_RENDER, false, "%s", get_reason(t, "a pass did not clear a texture"));
		return;
	}
	if (!tongs_device_supports_sample_count(t->device, 4) || !try_pass(t, 4, to)) {
		set(t->metal, TONGS_PROBE_RENDER, true, "clears");
		return;
	}
	format_depth_filters(t, to, filters);
	set(t->metal, TONGS_PROBE_RENDER, true, "clears, resolves of samples (%s%s)",
		*filters ? "of depth: " : "not of depth", filters);
}

static void probe_commands(struct trial *t) {
	struct tongs_buffer *from, *to;

	if (!t->metal->features[TONGS_PROBE_COMMAND_QUEUE].works) {
		set(t->metal, TONGS_PROBE_BLIT, false, "there is no command queue");
		set(t->metal, TONGS_PROBE_RENDER, false, "there is no command queue");
		return;
	}
	from = tongs_device_new_buffer(t->device, BYTES, MTLResourceStorageModeShared);
	to = tongs_device_new_buffer(t->device, BYTES, MTLResourceStorageModeShared);
	bool works = from && to && try_blits(t, from, to);
	t->metal->features[TONGS_PROBE_BLIT].is_broken = !works;
	set(t->metal, TONGS_PROBE_BLIT, works, "%s",
		works ? "fills, copies, mipmaps" : get_reason(t, "blits did not copy what they should"));
	*t->reason = '\0';
	if (to)
		probe_passes(t, to);
	else
		set(t->metal, TONGS_PROBE_RENDER, false, "%s", get_reason(t, "no buffer can be created"));
	tongs_buffer_unref(from);
	tongs_buffer_unref(to);
}

/* Binds an image to the texture's memory. */
static VkResult import_texture(const struct tongs_context *context, struct tongs_texture *texture) {
	const VkExternalMemoryHandleTypeFlagBits type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = type,
	};
	VkImageCreateInfo info = tongs_context_get_create_info(&(struct tongs_context_image_info){
		.format = VK_FORMAT_B8G8R8A8_UNORM,
		.extent = {SIZE, SIZE},
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	});
	VkMemoryMetalHandlePropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT};
	VkMemoryRequirements requirements = {0};
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkImage image = VK_NULL_HANDLE;

	info.tiling = VK_IMAGE_TILING_LINEAR;
	if (!tongs_share_can_create(context->physical_device, &info))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	info.pNext = &external;
	VkResult result = context->get_handle_properties(context->device, type, texture, &properties);
	if (result == VK_SUCCESS)
		result = vkCreateImage(context->device, &info, NULL, &image);
	if (result == VK_SUCCESS) {
		vkGetImageMemoryRequirements(context->device, image, &requirements);
		const VkMemoryDedicatedAllocateInfo dedicated = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .image = image};
		const VkImportMemoryMetalHandleInfoEXT import = {
			.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
			.pNext = &dedicated,
			.handleType = type,
			.handle = texture,
		};
		const VkMemoryAllocateInfo allocation = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
			.pNext = &import,
			.allocationSize = requirements.size,
			.memoryTypeIndex = tongs_context_pick_memory_type(
				context, requirements.memoryTypeBits & properties.memoryTypeBits, 0),
		};
		result = allocation.memoryTypeIndex == UINT32_MAX
				 ? VK_ERROR_INVALID_EXTERNAL_HANDLE
				 : vkAllocateMemory(context->device, &allocation, NULL, &memory);
	}
	if (result == VK_SUCCESS)
		result = vkBindImageMemory(context->device, image, memory, 0);
	vkDestroyImage(context->device, image, NULL);
	vkFreeMemory(context->device, memory, NULL);
	return result;
}

static void probe_surface(struct trial *t, const struct tongs_layer_roles *roles) {
	const bool needs_pages = roles->linear_textures == TONGS_LAYER_MEMORY_DRIVER;
	const NSUInteger alignment =
		tongs_device_get_minimum_linear_texture_alignment(t->device, MTLPixelFormatBGRA8Unorm);
	const NSUInteger row = (NSUInteger)SIZE * 4;
	struct tongs_surface_info info = {
		.whole = {.width = SIZE,
			.height = SIZE,
			.bytes_per_element = 4,
			.bytes_per_row = alignment ? (row + alignment - 1) / alignment * alignment : 0},
		.pixel_format = 0x42475241 /* BGRA */,
	};
	const struct tongs_texture_info texture_info = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm, SIZE, SIZE);
	struct tongs_surface *surface = tongs_surface_new(&info);
	struct tongs_texture *texture =
		surface ? tongs_device_new_texture_from_surface(t->device, &texture_info, surface, 0) : NULL;

	if (!texture) {
		set(t->metal, TONGS_PROBE_SURFACE, false, "%s", get_reason(t, "no texture can be made over one"));
	} else {
		VkResult result = import_texture(t->context, texture);
		if (result == VK_SUCCESS)
			set(t->metal, TONGS_PROBE_SURFACE, true, "textures over it, which Vulkan imports");
		else
			set(t->metal, TONGS_PROBE_SURFACE, true, "textures over it, which Vulkan does not import: %s",
				needs_pages ? "it is host pages, and LINEAR images are driver memory here"
					    : get_reason(t, tongs_vulkan_result_name(result)));
	}
	tongs_texture_unref(texture);
	tongs_surface_unref(surface);
}

void tongs_probe_metal_init(const struct tongs_context *context, const struct tongs_vulkan_identity *identity,
	const struct tongs_layer_roles *roles, struct tongs_probe_metal *metal) {
	struct trial t = {.context = context, .metal = metal};

	*metal = (struct tongs_probe_metal){0};
	probe_events(&t, roles);
	tongs_set_message_callback(keep_reason, &t);
	t.device = tongs_device_new_from_uuids(identity->ids.deviceUUID, identity->ids.driverUUID);
	if (t.device) {
		probe_queue(&t);
		*t.reason = '\0';
		probe_commands(&t);
		*t.reason = '\0';
		probe_surface(&t, roles);
	}
	for (int i = TONGS_PROBE_COMMAND_QUEUE; i < TONGS_PROBE_FEATURE_COUNT && !t.device; i++)
		set(metal, (enum tongs_probe_feature)i, false, "%s", get_reason(&t, "libtongs finds no such device"));
	tongs_set_message_callback(NULL, NULL);
	tongs_command_queue_unref(t.queue);
	tongs_device_unref(t.device);
}
