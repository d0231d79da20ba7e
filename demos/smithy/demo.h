/* SPDX-License-Identifier: MIT */
/* What the trials of the demo share: two devices, the folder for pictures, and the table of results. */
#ifndef TONGS_SMITHY_DEMO_H
#define TONGS_SMITHY_DEMO_H

#include <limits.h>

#include <tongs/metal.h>

#include "client/command.h"
#include "client/context.h"

extern const struct tongs_command tongs_command_demo;

/* Whether Vulkan and Metal use the same pages, so that nothing is copied between them. */
enum tongs_demo_pages {
	TONGS_DEMO_NOT_MAPPED, /* not known: Vulkan cannot map the memory */
	TONGS_DEMO_SAME_PAGES, /* Metal's bytes lie where Vulkan maps them */
	TONGS_DEMO_OTHER_PAGES,
};

/* A line of the table. A trial that fails fills it as far as it came. */
struct tongs_demo_row {
	const char *type; /* the handle type */
	enum tongs_kind kind;
	const void *handle;
	uint64_t bytes;
	MTLStorageMode storage_mode;
	enum tongs_demo_pages pages;
	unsigned checks, failures;
	const char *skipped; /* the check that does not apply to this device; NULL: none */
};

struct tongs_demo {
	struct tongs_context first, second; /* two VkDevices of one physical device */
	const char *folder;                 /* for the pictures */
};

/* The trials. Each creates a shared resource on the first device, uses it from Vulkan and through Metal, imports it
 * into the second device, and checks every byte. Returns false, after a message, if it could not be completed. */
bool tongs_demo_texture(const struct tongs_demo *demo, struct tongs_demo_row *row);
bool tongs_demo_buffer(const struct tongs_demo *demo, struct tongs_demo_row *row);
bool tongs_demo_heap(const struct tongs_demo *demo, struct tongs_demo_row *row);

/* What the contact sheet found, over all formats and shapes. */
struct tongs_demo_sheet {
	unsigned formats;          /* that are shared in one shape at least */
	unsigned compared, failed; /* images */
	unsigned imported;         /* of those compared: Private, and read through an import */
	uint64_t texels, differing;
};

/* Writes contact-sheet.png: every format in every shape, as Vulkan wrote it and as Metal reads it. Returns false if a
 * texel differs or, after a message, if an image or the file could not be written. */
bool tongs_demo_sheet(const struct tongs_demo *demo, struct tongs_demo_sheet *sheet);

/* How the two sides took turns. */
struct tongs_demo_handshake {
	unsigned frames, turns, right; /* `right`: frames */
	const char *why_not;           /* NULL: the device can do it */
};

/* Writes handshake.png, an animation of which each frame was drawn by Vulkan and by Metal, in turns. Returns false if a
 * frame is wrong or, after a message, if it could not be drawn or written; true if it was skipped, too. */
bool tongs_demo_handshake(const struct tongs_demo *demo, struct tongs_demo_handshake *handshake);

/* Writes the path of picture `name`. Returns false, with a message, if it is too long. */
bool tongs_demo_get_path(const struct tongs_demo *demo, const char *name, char path[PATH_MAX]);

/* Prints and counts a check; returns `right`. */
bool tongs_demo_check(struct tongs_demo_row *row, bool right, const char *what);

/* Prints and counts a check that does not apply to this device. */
void tongs_demo_skip(struct tongs_demo_row *row, const char *what, const char *why);

/* Checks that the addresses `metal` and `vulkan` are the same or show the same bytes, and records it. `vulkan` NULL:
 * not mapped, no check. */
void tongs_demo_check_pages(struct tongs_demo_row *row, void *metal, const void *vulkan);

/* Checks that Metal's calls refuse the texels of a Private texture, with the reason, and write nothing. */
bool tongs_demo_check_refusal(struct tongs_demo_row *row, struct tongs_texture *texture);

#endif
