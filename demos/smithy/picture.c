/* SPDX-License-Identifier: MIT */
/* Writing PNG files with libpng. */
#include "picture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "client/command.h"

bool tongs_picture_init(struct tongs_picture *picture, uint32_t width, uint32_t height) {
	*picture =
		(struct tongs_picture){.texels = calloc(height, (size_t)width * 4), .width = width, .height = height};
	if (picture->texels)
		return true;
	tongs_command_error("memory for a picture of %u × %u ran out", width, height);
	return false;
}

void tongs_picture_finish(struct tongs_picture *picture) {
	free(picture->texels);
	*picture = (struct tongs_picture){0};
}

/* libpng jumps out of its calls on errors, so nothing here may change between setjmp and the jump. */
static bool encode(png_structp png, png_infop info, FILE *file, const struct tongs_picture *picture) {
	if (setjmp(png_jmpbuf(png)))
		return false;
	png_init_io(png, file);
	png_set_IHDR(png, info, picture->width, picture->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	png_set_filler(png, 0, PNG_FILLER_AFTER); /* drops the alpha that follows each colour */
	for (uint32_t y = 0; y < picture->height; y++)
		png_write_row(png, picture->texels + y * tongs_picture_get_pitch(picture));
	png_write_end(png, info);
	return true;
}

bool tongs_picture_write(const struct tongs_picture *picture, const char *path) {
	FILE *file = fopen(path, "wb");

	if (!file) {
		tongs_command_error("%s cannot be written: %s", path, strerror(errno));
		return false;
	}
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	bool done = info && encode(png, info, file, picture);
	png_destroy_write_struct(&png, &info);
	done = !fclose(file) && done;
	if (!done) {
		tongs_command_error("%s could not be written; is the disk full?", path);
		unlink(path);
	}
	return done;
}
