/* SPDX-License-Identifier: MIT */
/* `tongs demo`: runs the trials of the three handle types and the contact sheet, and prints a table of the results. */
#include "demo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/command.h"
#include "client/terminal.h"
#include "client/vulkan.h"
#include "sheet_image.h"

static const char help[] =
	"Usage: tongs demo [options]\n"
	"\n"
	"Shows every handle type of VK_EXT_external_memory_metal at work, and checks every byte.\n"
	"\n"
	"Vulkan draws a picture into a shared image, and once more into one that is not shared, to\n"
	"compare. If the device cannot draw into shared images, the demo reports that and copies. Metal\n"
	"calls read the picture (metal-reads.png) and write a panel into it; Vulkan reads both\n"
	"(both-hands.png). Where the texture is Private, Metal's calls must refuse, and a second Vulkan\n"
	"device reads and writes through the handle. If the two drawings differ, not-shared.png has the\n"
	"one that is not shared.\n"
	"\n"
	"A compute shader and Metal exchange a buffer, and Metal places a buffer in a heap that is\n"
	"Vulkan's memory. A second Vulkan device imports each handle.\n"
	"\n"
	"Vulkan draws the frames of an animation (handshake.png) and Metal adds a film to each, in\n"
	"turns that an MTLSharedEvent orders; the program waits once, at the end. contact-sheet.png\n"
	"shows every format in every shape, as Vulkan wrote it and as Metal reads it.\n"
	"\n"
	"Options:\n"
	"      --device N        device N of 'tongs info'; default: the first that can share memory\n"
	"      --out DIR         the folder for the pictures, created if missing; default: tongs-demo\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit code: 0 if every check passes, 1 if one fails or no device can share memory, 2 for wrong\n"
	"usage.\n";

static int get_width(void) {
	return tongs_terminal_get_width(stdout, 0);
}

/* A check's verdict, and what it was. */
static void print_line(enum tongs_terminal_colour colour, const char *verdict, const char *text) {
	enum { COLUMN = 8 };

	fputs("  ", stdout);
	tongs_terminal_print(stdout, colour, verdict);
	printf("%*s", COLUMN - 2 - (int)strlen(verdict), "");
	tongs_terminal_print_wrapped(stdout, COLUMN, COLUMN, get_width(), text);
}

static enum tongs_terminal_colour get_colour(bool right) {
	return right ? TONGS_TERMINAL_GOOD : TONGS_TERMINAL_BAD;
}

bool tongs_demo_check(struct tongs_demo_row *row, bool right, const char *what) {
	print_line(right ? TONGS_TERMINAL_GOOD : TONGS_TERMINAL_BAD, right ? "ok" : "FAIL", what);
	row->checks++;
	row->failures += !right;
	return right;
}

void tongs_demo_skip(struct tongs_demo_row *row, const char *what, const char *why) {
	char text[512];

	snprintf(text, sizeof text, "%s: %s", what, why);
	print_line(TONGS_TERMINAL_DOUBTFUL, "skip", text);
	row->skipped = what;
}

/* Returns whether a byte that is changed at one address changes at the other. */
static bool is_aliased(void *metal, const void *vulkan) {
	volatile uint8_t *written = metal;
	const volatile uint8_t *seen = vulkan;
	bool aliased = *written == *seen;

	*written ^= 0xff;
	aliased = aliased && *written == *seen;
	*written ^= 0xff;
	return aliased && *written == *seen;
}

void tongs_demo_check_pages(struct tongs_demo_row *row, void *metal, const void *vulkan) {
	if (!vulkan)
		return;
	bool same = metal == vulkan || is_aliased(metal, vulkan);
	row->pages = same ? TONGS_DEMO_SAME_PAGES : TONGS_DEMO_OTHER_PAGES;
	tongs_demo_check(row, same,
		metal == vulkan ? "Metal's contents and Vulkan's mapping are one address"
				: "Metal's contents and Vulkan's mapping are the same bytes");
}

static void keep_message(enum tongs_message_severity severity, const char *text, void *user) {
	bool *says_private = user;

	if (severity == TONGS_MESSAGE_ERROR && strstr(text, "Private"))
		*says_private = true;
}

bool tongs_demo_check_refusal(struct tongs_demo_row *row, struct tongs_texture *texture) {
	static const MTLRegion first = {{0, 0, 0}, {1, 1, 1}};
	uint8_t texel[16], untouched[16];
	bool says_private[2] = {false, false};

	memset(untouched, 0xd7, sizeof untouched);
	memcpy(texel, untouched, sizeof texel);
	tongs_set_message_callback(keep_message, &says_private[0]);
	bool got = tongs_texture_get_bytes(texture, texel, sizeof texel, 0, first, 0, 0);
	tongs_set_message_callback(keep_message, &says_private[1]);
	bool replaced = tongs_texture_replace_region(texture, first, 0, 0, texel, sizeof texel, 0);
	tongs_set_message_callback(NULL, NULL);
	return tongs_demo_check(row,
		!got && !replaced && !memcmp(texel, untouched, sizeof texel) && says_private[0] && says_private[1],
		"getBytes and replaceRegion refuse, because it is Private");
}

bool tongs_demo_get_path(const struct tongs_demo *demo, const char *name, char path[PATH_MAX]) {
	if (snprintf(path, PATH_MAX, "%s/%s", demo->folder, name) < PATH_MAX)
		return true;
	tongs_command_error("the path of %s is too long; choose another folder with --out", name);
	return false;
}

static const char *get_class(const struct tongs_demo_row *row) {
	static const char *const names[] = {
		[TONGS_KIND_HEAP] = "MTLHeap",
		[TONGS_KIND_BUFFER] = "MTLBuffer",
		[TONGS_KIND_TEXTURE] = "MTLTexture",
	};

	return row->handle ? names[row->kind] : "-";
}

static const char *get_storage_mode(const struct tongs_demo_row *row) {
	if (!row->handle)
		return "-";
	switch (row->storage_mode) {
	case MTLStorageModeShared:
		return "Shared";
	case MTLStorageModeManaged:
		return "Managed";
	case MTLStorageModePrivate:
		return "Private";
	default:
		return "Memoryless";
	}
}

static bool is_right(const struct tongs_demo_row *row, bool completed) {
	return completed && row->checks && !row->failures;
}

static void print_row(const struct tongs_demo_row *row, bool right) {
	static const char *const copied[] = {
		[TONGS_DEMO_NOT_MAPPED] = "not known",
		[TONGS_DEMO_SAME_PAGES] = "0 (same pages)",
		[TONGS_DEMO_OTHER_PAGES] = "other pages",
	};
	char pointer[32] = "-", text[256], verdict[128];

	if (row->handle)
		snprintf(pointer, sizeof pointer, "%p", row->handle);
	snprintf(text, sizeof text, "%-11s  %-10s  %-14s  %9" PRIu64 "  %-7s  %-14s", row->type, get_class(row),
		pointer, row->bytes, get_storage_mode(row), copied[row->pages]);
	snprintf(verdict, sizeof verdict, "%s%s",
		!right         ? "FAILED"
		: row->skipped ? "ok, but skipped: "
			       : "ok",
		right && row->skipped ? row->skipped : "");
	tongs_terminal_print_verdict(stdout, get_width(), text, get_colour(right), verdict);
}

static void print_handshake(const struct tongs_demo_handshake *handshake, bool right) {
	char text[256];

	if (handshake->why_not) {
		printf("handshake: skipped, %s\n", handshake->why_not);
		return;
	}
	snprintf(text, sizeof text, "handshake: %u frames in %u turns, one wait, %u frames right", handshake->frames,
		handshake->turns, handshake->right);
	tongs_terminal_print_verdict(stdout, get_width(), text, get_colour(right), right ? "ok" : "FAILED");
}

static void print_sheet(const struct tongs_demo_sheet *sheet, bool right) {
	char text[256];

	snprintf(text, sizeof text,
		"contact sheet: %u images of %u formats in %u shapes, %" PRIu64 " texels compared, %" PRIu64 " differ",
		sheet->compared, sheet->formats, TONGS_SHEET_SHAPE_COUNT, sheet->texels, sheet->differing);
	tongs_terminal_print_verdict(stdout, get_width(), text, get_colour(right), right ? "ok" : "FAILED");
}

/* Returns the device of number `index`, or the first that has the extension when `index` is UINT32_MAX. VK_NULL_HANDLE,
 * with a message: none. */
static VkPhysicalDevice choose_device(const struct tongs_vulkan *vulkan, uint32_t index) {
	VkPhysicalDeviceProperties properties;
	bool any = index == UINT32_MAX;

	if (!any && index >= vulkan->device_count) {
		tongs_command_error(
			"there is no device %u; 'tongs info' lists %u, from 0", index, vulkan->device_count);
		return VK_NULL_HANDLE;
	}
	for (uint32_t i = any ? 0 : index; i < (any ? vulkan->device_count : index + 1); i++) {
		vkGetPhysicalDeviceProperties(vulkan->devices[i], &properties);
		if (properties.apiVersion >= VK_API_VERSION_1_1 &&
			tongs_vulkan_has_extension(vulkan->devices[i], VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME)) {
			tongs_terminal_fit(properties.deviceName);
			printf("Device %u: %s\n", i, properties.deviceName);
			return vulkan->devices[i];
		}
	}
	if (any)
		tongs_command_error("no device here can share memory with Metal; 'tongs info' says why");
	else
		tongs_command_error("device %u cannot share memory with Metal; 'tongs info' says why", index);
	return VK_NULL_HANDLE;
}

static bool make_folder(const char *folder) {
	struct stat status;

	if (!mkdir(folder, 0777) || (errno == EEXIST && !stat(folder, &status) && S_ISDIR(status.st_mode)))
		return true;
	tongs_command_error("cannot create the folder %s: %s; choose another with --out", folder, strerror(errno));
	return false;
}

static bool run_trials(const struct tongs_demo *demo) {
	static const struct {
		const char *title;
		bool (*run)(const struct tongs_demo *demo, struct tongs_demo_row *row);
	} trials[] = {
		{"An image as an MTLTexture", tongs_demo_texture},
		{"A buffer as an MTLBuffer", tongs_demo_buffer},
		{"Memory as an MTLHeap", tongs_demo_heap},
	};
	enum { COUNT = sizeof trials / sizeof *trials };
	struct tongs_demo_row rows[COUNT];
	struct tongs_demo_handshake handshake;
	struct tongs_demo_sheet sheet;
	bool right[COUNT], all = true;

	for (int i = 0; i < COUNT; i++) {
		printf("\n%s\n", trials[i].title);
		right[i] = trials[i].run(demo, &rows[i]);
		right[i] = is_right(&rows[i], right[i]);
		all = all && right[i];
		fflush(stdout);
	}
	puts("\nA handshake: frames that both draw");
	bool is_handshake_right = tongs_demo_handshake(demo, &handshake);
	fflush(stdout);
	puts("\nEvery format in every shape");
	bool is_sheet_right = tongs_demo_sheet(demo, &sheet);
	char titles[128];
	snprintf(titles, sizeof titles, "%-11s  %-10s  %-14s  %9s  %-7s  %-14s  %s", "handle type", "class", "pointer",
		"bytes", "storage", "bytes copied", "verdict");
	putchar('\n');
	tongs_terminal_print_wrapped(stdout, 0, 4, get_width(), titles);
	for (int i = 0; i < COUNT; i++)
		print_row(&rows[i], right[i]);
	print_handshake(&handshake, is_handshake_right);
	print_sheet(&sheet, is_sheet_right);
	return all && is_handshake_right && is_sheet_right;
}

static int show(const char *folder, uint32_t index) {
	struct tongs_demo demo = {.folder = folder};
	struct tongs_vulkan vulkan;
	bool right = false;

	if (!tongs_vulkan_init(&vulkan))
		return TONGS_EXIT_FAILED;
	VkPhysicalDevice device = choose_device(&vulkan, index);
	if (device && make_folder(folder) && tongs_context_init(&demo.first, device, NULL) &&
		tongs_context_init(&demo.second, device, NULL))
		right = run_trials(&demo);
	tongs_context_finish(&demo.second);
	tongs_context_finish(&demo.first);
	tongs_vulkan_finish(&vulkan);
	return right ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	const char *folder = "tongs-demo", *layer = NULL;
	uint32_t index = UINT32_MAX;
	const struct tongs_command_option options[] = {
		{"device", .index = &index},
		{"layer-path", .text = &layer},
		{"out", .text = &folder},
		{0},
	};
	int code = tongs_command_parse(self, options, false, argc, argv);

	if (code >= 0)
		return code;
	return tongs_vulkan_use_layer(layer) ? show(folder, index) : TONGS_EXIT_FAILED;
}

const struct tongs_command tongs_command_demo = {
	.name = "demo",
	.summary = "show Vulkan and Metal sharing an image, a buffer and a heap, and write pictures",
	.help = help,
	.main = run,
};
