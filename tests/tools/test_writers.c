/* SPDX-License-Identifier: MIT */
/* Output in rare cases: invalid text in JSON, and files that cannot be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <png.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "json_check.h"
#include "client/command.h"
#include "json.h"
#include "picture.h"

static char logged[1024];

/* The program's own goes to stderr. */
void tongs_command_error(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(logged, sizeof(logged), format, arguments);
	va_end(arguments);
}

static void check_string(const char *text, const char *expected) {
	char *written = NULL, all[256];
	size_t length = 0;
	FILE *file = open_memstream(&written, &length);
	cJSON *json = cJSON_CreateArray();

	assert_non_null(file);
	tongs_json_add_string(json, NULL, text);
	assert_true(tongs_json_write(file, json));
	fclose(file);
	assert_true(json_check(written, NULL, NULL));
	snprintf(all, sizeof(all), "[%s]\n", expected);
	assert_string_equal(written, all);
	free(written);
}

static void json_escapes_what_it_must(void **state) {
	(void)state;
	check_string("a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\"");
	check_string("\n\t\x1f\x7f", "\"\\n\\t\\u001f\x7f\"");
	check_string(NULL, "null");
	check_string("", "\"\"");
}

/* Doubles come back as they were. */
static void json_numbers_are_exact(void **state) {
	static const double numbers[] = {0, -1, 1e9, 1.0 / 60, 7.126, 3e-7, 1 << 30, 123456789.125};
	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char *written = NULL;
		size_t length = 0;
		FILE *file = open_memstream(&written, &length);
		assert_non_null(file);
		assert_true(tongs_json_write(file, cJSON_CreateNumber(numbers[i])));
		fclose(file);
		assert_true(json_check(written, NULL, NULL));
		assert_true(strtod(written, NULL) == numbers[i]);
		free(written);
	}
}

static void json_keeps_utf8_and_replaces_the_rest(void **state) {
	(void)state;
	check_string("\xc2\xa0 \xe2\x82\xac \xf0\x9f\x94\xa5 \xf4\x8f\xbf\xbf",
		"\"\xc2\xa0 \xe2\x82\xac \xf0\x9f\x94\xa5 \xf4\x8f\xbf\xbf\"");
	check_string("\x80", "\"\xef\xbf\xbd\"");                                 /* no first byte */
	check_string("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 /* cut off */
	check_string("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 /* too long a form of a slash */
	check_string("\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* longer still */
	check_string("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* half of a pair of UTF-16 */
	check_string("\xf0\x80\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	check_string("\xf4\x90\x80\x80",
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* beyond the last character */
	check_string("\xf8\x88\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void a_picture_that_cannot_be_opened_is_reported(void **state) {
	struct tongs_picture picture;
	(void)state;
	assert_true(tongs_picture_init(&picture, 4, 4));
	assert_false(tongs_picture_write(&picture, "/no/such/folder/picture.png"));
	assert_non_null(strstr(logged, "/no/such/folder/picture.png cannot be written"));
	tongs_picture_finish(&picture);
}

/* No file may be larger than it is, as on a full disk. */
static void a_picture_that_is_cut_off_does_not_stay(void **state) {
	char path[] = "/tmp/tongs-picture-XXXXXX";
	struct tongs_picture picture;
	struct rlimit limit, none;
	(void)state;
	int file = mkstemp(path);
	assert_true(file >= 0);
	close(file);
	assert_true(tongs_picture_init(&picture, 64, 64));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	bool written = tongs_picture_write(&picture, path);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, handler);
	assert_false(written);
	assert_non_null(strstr(logged, "is the disk full?"));
	assert_int_equal(access(path, F_OK), -1);
	tongs_picture_finish(&picture);
}

/* As in the PNG specification, annex D. */
static uint32_t get_check_sum(const uint8_t *bytes, size_t size) {
	uint32_t sum = UINT32_MAX;
	for (size_t i = 0; i < size; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~sum;
}

static void put_chunk(FILE *file, const char *type, const uint8_t *data, uint32_t size) {
	uint8_t chunk[20000], number[4];
	assert_true(size + 4 <= sizeof chunk);
	memcpy(chunk, type, 4);
	memcpy(chunk + 4, data, size);
	png_save_uint_32(number, size);
	fwrite(number, 1, 4, file);
	fwrite(chunk, 1, size + 4, file);
	png_save_uint_32(number, get_check_sum(chunk, size + 4));
	fwrite(number, 1, 4, file);
}

enum { ANIMATION_FRAMES = 3, ANIMATION_SIZE = 64 };

/* A frame's chunks as a file of their own. */
struct frame {
	char *bytes;
	size_t size;
	FILE *file;
};

static void begin_frame(struct frame *frame, const uint8_t *header) {
	frame->file = open_memstream(&frame->bytes, &frame->size);
	assert_non_null(frame->file);
	fwrite("\x89PNG\r\n\x1a\n", 1, 8, frame->file);
	put_chunk(frame->file, "IHDR", header, 13);
}

/* Takes the animation apart, and checks each chunk's place, number and check sum. */
static void split_animation(const uint8_t *bytes, size_t size, struct frame *frames) {
	const uint8_t *header = NULL;
	uint32_t sequence = 0, length;
	int frame = -1;
	for (const uint8_t *at = bytes + 8; at < bytes + size; at += length + 12) {
		length = png_get_uint_32(at);
		const char *type = (const char *)at + 4;
		const uint8_t *data = at + 8;
		assert_int_equal(png_get_uint_32(data + length), get_check_sum(at + 4, length + 4));
		if (!memcmp(type, "IHDR", 4)) {
			header = data;
		} else if (!memcmp(type, "acTL", 4)) {
			assert_int_equal(png_get_uint_32(data), ANIMATION_FRAMES);
			assert_int_equal(png_get_uint_32(data + 4), 0);
			assert_int_equal(frame, -1);
		} else if (!memcmp(type, "fcTL", 4)) {
			frame++;
			assert_in_range(frame, 0, ANIMATION_FRAMES - 1);
			assert_int_equal(png_get_uint_32(data), sequence++);
			assert_int_equal(png_get_uint_32(data + 4), ANIMATION_SIZE);
			assert_int_equal(png_get_uint_32(data + 8), ANIMATION_SIZE);
			assert_int_equal(data[20] << 8 | data[21], 70);
			assert_int_equal(data[22] << 8 | data[23], 1000);
			assert_non_null(header);
			begin_frame(&frames[frame], header);
		} else if (!memcmp(type, "IDAT", 4)) {
			assert_int_equal(frame, 0);
			put_chunk(frames[0].file, "IDAT", data, length);
		} else if (!memcmp(type, "fdAT", 4)) {
			assert_true(frame > 0);
			assert_int_equal(png_get_uint_32(data), sequence++);
			put_chunk(frames[frame].file, "IDAT", data + 4, length - 4);
		} else {
			assert_memory_equal(type, "IEND", 4);
			assert_ptr_equal(at + 12, bytes + size);
		}
	}
	assert_int_equal(frame, ANIMATION_FRAMES - 1);
}

static void check_frame(struct frame *frame, const struct tongs_picture *picture) {
	uint8_t texels[ANIMATION_SIZE * ANIMATION_SIZE * 4];
	png_image image = {.version = PNG_IMAGE_VERSION};
	put_chunk(frame->file, "IEND", (const uint8_t *)"", 0);
	fclose(frame->file);
	assert_true(png_image_begin_read_from_memory(&image, frame->bytes, frame->size));
	image.format = PNG_FORMAT_RGBA;
	assert_true(png_image_finish_read(&image, NULL, texels, 0, NULL));
	assert_memory_equal(texels, picture->texels, sizeof texels);
	free(frame->bytes);
}

static void an_animation_has_every_picture(void **state) {
	char path[] = "/tmp/tongs-picture-XXXXXX";
	static uint8_t bytes[100000];
	struct tongs_picture pictures[ANIMATION_FRAMES];
	struct frame frames[ANIMATION_FRAMES];
	uint32_t noise = 1;
	(void)state;
	int file = mkstemp(path);
	assert_true(file >= 0);
	for (uint32_t i = 0; i < ANIMATION_FRAMES; i++) {
		assert_true(tongs_picture_init(&pictures[i], ANIMATION_SIZE, ANIMATION_SIZE));
		/* More than one chunk of libpng's. */
		for (uint32_t n = 0; n < ANIMATION_SIZE * ANIMATION_SIZE; n++)
			tongs_picture_set(&pictures[i], n % ANIMATION_SIZE, n / ANIMATION_SIZE,
				(noise = noise * 1664525u + 1013904223u) >> 8);
	}
	assert_true(tongs_picture_write_animation(pictures, ANIMATION_FRAMES, 70, path));
	ssize_t size = read(file, bytes, sizeof bytes);
	assert_in_range(size, ANIMATION_FRAMES * 8192, sizeof bytes - 1);
	split_animation(bytes, (size_t)size, frames);
	for (uint32_t i = 0; i < ANIMATION_FRAMES; i++) {
		check_frame(&frames[i], &pictures[i]);
		tongs_picture_finish(&pictures[i]);
	}
	close(file);
	assert_int_equal(unlink(path), 0);
	assert_false(tongs_picture_write_animation(pictures, 0, 70, "/no/such/folder/picture.png"));
	assert_non_null(strstr(logged, "/no/such/folder/picture.png cannot be written"));
}

static void swap_rows(struct tongs_picture *picture, uint32_t a, uint32_t b) {
	const size_t pitch = tongs_picture_get_pitch(picture);

	for (size_t i = 0; i < pitch; i++) {
		uint8_t *first = picture->texels + a * pitch + i, *second = picture->texels + b * pitch + i,
			kept = *first;
		*first = *second;
		*second = kept;
	}
}

static void fill(struct tongs_picture *picture, uint32_t step) {
	assert_true(tongs_picture_init(picture, picture->width, picture->height));
	for (uint32_t i = 0; i < picture->width * picture->height; i++)
		tongs_picture_set(picture, i % picture->width, i / picture->width, 0x203040 + i * step);
}

/* Any two rows that change places, and any texel that is displaced, are differences. */
static void scrambled_pictures_are_detected(void **state) {
	struct tongs_picture drawn = {.width = 24, .height = 16}, seen = drawn, panel = {.width = 8, .height = 4};
	(void)state;
	fill(&drawn, 0x010203);
	fill(&seen, 0x010203);
	fill(&panel, 0x050709);
	const size_t pitch = tongs_picture_get_pitch(&drawn);
	assert_true(tongs_picture_is_same(&drawn, &seen) && tongs_picture_is_close(&drawn, &seen));
	for (uint32_t a = 0; a < drawn.height; a++) {
		for (uint32_t b = a + 1; b < drawn.height; b++) {
			swap_rows(&seen, a, b);
			assert_false(tongs_picture_is_same(&drawn, &seen) || tongs_picture_is_close(&drawn, &seen));
			swap_rows(&seen, a, b);
		}
	}
	memmove(seen.texels + 4, drawn.texels, pitch * drawn.height - 4);
	assert_false(tongs_picture_is_same(&drawn, &seen) || tongs_picture_is_close(&drawn, &seen));

	memcpy(seen.texels, drawn.texels, pitch * drawn.height);
	assert_false(tongs_picture_is_composed(&seen, &drawn, &panel, 3, 5));
	for (uint32_t y = 0; y < panel.height; y++)
		memcpy(seen.texels + (5 + y) * pitch + 12, panel.texels + y * tongs_picture_get_pitch(&panel),
			tongs_picture_get_pitch(&panel));
	assert_true(tongs_picture_is_composed(&seen, &drawn, &panel, 3, 5));
	assert_false(tongs_picture_is_composed(&seen, &drawn, &panel, 4, 5));
	for (size_t i = 0; i < pitch * drawn.height; i += 4) {
		seen.texels[i] ^= 0x80;
		assert_false(tongs_picture_is_composed(&seen, &drawn, &panel, 3, 5));
		seen.texels[i] ^= 0x80;
	}
	tongs_picture_finish(&drawn);
	tongs_picture_finish(&seen);
	tongs_picture_finish(&panel);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_escapes_what_it_must),
		cmocka_unit_test(json_numbers_are_exact),
		cmocka_unit_test(json_keeps_utf8_and_replaces_the_rest),
		cmocka_unit_test(a_picture_that_cannot_be_opened_is_reported),
		cmocka_unit_test(a_picture_that_is_cut_off_does_not_stay),
		cmocka_unit_test(an_animation_has_every_picture),
		cmocka_unit_test(scrambled_pictures_are_detected),
	};
	return cmocka_run_group_tests_name("tongs: writers", tests, NULL, NULL);
}
