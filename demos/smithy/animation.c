/* SPDX-License-Identifier: MIT */
/* Animated PNG files: libpng encodes each picture, and its chunks are packed again. The chunks acTL, fcTL and fdAT are
 * those of "Portable Network Graphics (PNG) Specification (Third Edition)", 11.3.6. */
#include "picture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "client/command.h"

enum { SIGNATURE_SIZE = 8, NUMBER_SIZE = 4, CHUNK_EXTRA = 12 /* length, type, check sum */ };

struct encoded {
	uint8_t *bytes;
	size_t size;
};

/* A picture of the file, and the number of the next chunk that has one. */
struct writer {
	png_structp png;
	uint32_t count, sequence;
	uint16_t milliseconds;
};

static bool encode(const struct tongs_picture *picture, struct encoded *encoded) {
	char *bytes = NULL;
	FILE *file = open_memstream(&bytes, &encoded->size);
	bool done = file && tongs_picture_encode(picture, 3, file);

	done = file && !fclose(file) && done;
	encoded->bytes = (uint8_t *)bytes;
	return done;
}

static void write_control(struct writer *writer) {
	uint8_t control[2 * NUMBER_SIZE];

	png_save_uint_32(control, writer->count);
	png_save_uint_32(control + NUMBER_SIZE, 0); /* for ever */
	png_write_chunk(writer->png, (png_const_bytep) "acTL", control, sizeof control);
}

/* The whole picture, in place of the one before. */
static void write_frame_control(struct writer *writer, const uint8_t *size) {
	uint8_t control[26] = {0};

	png_save_uint_32(control, writer->sequence++);
	memcpy(control + NUMBER_SIZE, size, (size_t)2 * NUMBER_SIZE);
	png_save_uint_16(control + 20, writer->milliseconds);
	png_save_uint_16(control + 22, 1000);
	png_write_chunk(writer->png, (png_const_bytep) "fcTL", control, sizeof control);
}

/* `data` is a chunk's, behind its length and type. */
static void write_frame_data(struct writer *writer, const uint8_t *data, uint32_t size) {
	uint8_t number[NUMBER_SIZE];

	png_save_uint_32(number, writer->sequence++);
	png_write_chunk_start(writer->png, (png_const_bytep) "fdAT", size + NUMBER_SIZE);
	png_write_chunk_data(writer->png, number, NUMBER_SIZE);
	png_write_chunk_data(writer->png, data, size);
	png_write_chunk_end(writer->png);
}

static void write_picture(struct writer *writer, const struct encoded *encoded, bool is_first) {
	const uint8_t *at = encoded->bytes + SIGNATURE_SIZE, *end = encoded->bytes + encoded->size;
	bool in_data = false;

	for (uint32_t size; at < end; at += size + CHUNK_EXTRA) {
		const uint8_t *type = at + NUMBER_SIZE, *data = type + NUMBER_SIZE;
		size = png_get_uint_32(at);
		bool is_data = !memcmp(type, "IDAT", NUMBER_SIZE), is_header = !memcmp(type, "IHDR", NUMBER_SIZE);
		if (is_data && !in_data)
			write_frame_control(writer, encoded->bytes + SIGNATURE_SIZE + (size_t)2 * NUMBER_SIZE);
		in_data = is_data;
		if (is_data && !is_first)
			write_frame_data(writer, data, size);
		else if (is_data || (is_header && is_first))
			png_write_chunk(writer->png, type, data, size);
		if (is_header && is_first)
			write_control(writer);
	}
}

/* libpng leaves its calls by longjmp on errors: no local variable may change after setjmp. */
static bool write_all(struct writer *writer, const struct encoded *encoded, FILE *file) {
	if (setjmp(png_jmpbuf(writer->png)))
		return false;
	png_init_io(writer->png, file);
	png_write_sig(writer->png);
	for (uint32_t i = 0; i < writer->count; i++)
		write_picture(writer, &encoded[i], i == 0);
	png_write_chunk(writer->png, (png_const_bytep) "IEND", NULL, 0);
	return true;
}

static bool write_file(const struct encoded *encoded, uint32_t count, uint16_t milliseconds, FILE *file) {
	struct writer writer = {.count = count, .milliseconds = milliseconds};

	writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	bool done = writer.png && write_all(&writer, encoded, file);
	png_destroy_write_struct(&writer.png, NULL);
	return done;
}

bool tongs_picture_write_animation(
	const struct tongs_picture *pictures, uint32_t count, uint16_t milliseconds, const char *path) {
	struct encoded *encoded = calloc(count, sizeof *encoded);
	FILE *file = fopen(path, "wb");
	bool done = encoded != NULL;

	if (!file) {
		tongs_command_error("%s cannot be written: %s", path, strerror(errno));
		free(encoded);
		return false;
	}
	for (uint32_t i = 0; i < count && done; i++)
		done = encode(&pictures[i], &encoded[i]);
	done = done && write_file(encoded, count, milliseconds, file);
	done = !fclose(file) && done;
	if (!done) {
		tongs_command_error("%s could not be written; is the disk full?", path);
		unlink(path);
	}
	for (uint32_t i = 0; encoded && i < count; i++)
		free(encoded[i].bytes);
	free(encoded);
	return done;
}
