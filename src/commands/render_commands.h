/* SPDX-License-Identifier: MIT */
/* What a render pass without draws does to its attachments' texels: clears them, and resolves their samples. */
#ifndef TONGS_COMMANDS_RENDER_COMMANDS_H
#define TONGS_COMMANDS_RENDER_COMMANDS_H

#include "commands/command.h"
#include "metal/texture.h"

/* A level of a texture, and slices or planes of it. */
struct tongs_render_part {
	struct tongs_texture *texture;
	NSUInteger level, slice, plane, count;
	MTLSize target; /* the size of the render target, which begins at the first texel; 0: the level's */
	/* The image that is written. NULL until it is found, and where the texture's texels are rows. */
	struct tongs_own_image *image;
	/* A texture of one slice that the commands use instead, and that is copied to each slice or plane, or before
	 * from the slice that is read. The command buffer retains it. NULL: none is needed. */
	struct tongs_texture *stand_in;
	struct tongs_own_image *stand_in_image;
};

struct tongs_render_attachment {
	struct tongs_render_pass_attachment info; /* .texture NULL: none */
	VkImageAspectFlags aspect;
	struct tongs_render_part part;    /* that is cleared */
	struct tongs_render_part resolve; /* to which it is resolved */
	struct tongs_render_part source;  /* the part, as it is read then */
	/* Through which one aspect of a stand-in is copied to a texture that has both; retained like it. NULL: not
	 * needed. */
	struct tongs_buffer *carrier;
};

bool tongs_render_part_is_3d(const struct tongs_render_part *part);

/* These find what the next two write. False, with an error logged that begins with `what` and `name`,
 * the attachment's, and nothing recorded, if an image cannot be had, or not be written so. */
bool tongs_render_find_clear(struct tongs_command_buffer *commands, struct tongs_render_attachment *attachment,
	const char *what, const char *name);
bool tongs_render_find_resolve(struct tongs_command_buffer *commands, struct tongs_render_attachment *attachment,
	const char *what, const char *name);
void tongs_render_record_clear(struct tongs_command_buffer *commands, const struct tongs_render_attachment *attachment);
void tongs_render_record_resolve(
	struct tongs_command_buffer *commands, const struct tongs_render_attachment *attachment);

#endif
