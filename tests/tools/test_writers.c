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
		cmocka_unit_test(scrambled_pictures_are_detected),
	};
	return cmocka_run_group_tests_name("tongs: writers", tests, NULL, NULL);
}
