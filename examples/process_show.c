/* SPDX-License-Identifier: MIT */
/* Shows the pictures that process_draw, another program, draws: prints the sum of each one's bytes, and writes the last
 * one to a PPM file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tongs/metal.h>

enum { PICTURES = 5, SECONDS = 20 };

static void check(bool condition, const char *what) {
	if (condition)
		return;
	fprintf(stderr, "process_show: %s failed\n", what);
	exit(1);
}

/* The other program may not have begun yet. */
static int connect_to(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	check(strlen(path) < sizeof(address.sun_path), "a path that short");
	strcpy(address.sun_path, path);
	int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (unsigned i = 0; i < SECONDS * 100; i++) {
		if (connect(connection, (struct sockaddr *)&address, sizeof(address)) == 0)
			return connection;
		usleep(10000);
	}
	check(false, path);
	return -1;
}

/* Everything that is received is what the other program says it is: look before use. */
static void *receive(int connection, enum tongs_kind kind) {
	void *object = tongs_handle_receive(connection, NULL);
	check(object && tongs_handle_kind(object) == kind, "receiving an object");
	return object;
}

static unsigned long add_up(const unsigned char *texels, size_t size) {
	unsigned long sum = 0;
	for (size_t i = 0; i < size; i++)
		sum += texels[i];
	return sum;
}

static void write_ppm(const char *path, const unsigned char *texels, size_t width, size_t height) {
	FILE *file = fopen(path, "wb");
	check(file, path);
	fprintf(file, "P6\n%zu %zu\n255\n", width, height);
	for (size_t i = 0; i < width * height; i++)
		fwrite(texels + 4 * i, 1, 3, file);
	check(fclose(file) == 0, path);
}

int main(int argc, char **argv) {
	check(argc == 3, "`process_show SOCKET PPM'");
	int connection = connect_to(argv[1]);
	struct tongs_texture *texture = receive(connection, TONGS_KIND_TEXTURE);
	struct tongs_shared_event *turn = receive(connection, TONGS_KIND_SHARED_EVENT);
	const size_t width = tongs_texture_get_width(texture), height = tongs_texture_get_height(texture);
	check(tongs_texture_get_pixel_format(texture) == MTLPixelFormatRGBA8Unorm, "the format");
	unsigned char *texels = malloc(4 * width * height);
	check(texels != NULL, "malloc");

	for (unsigned picture = 1; picture <= PICTURES; picture++) {
		check(tongs_shared_event_wait(turn, 2 * picture - 1, SECONDS * 1000), "the other program");
		check(tongs_texture_get_bytes(
			      texture, texels, 4 * width, 0, MTLRegionMake2D(0, 0, width, height), 0, 0),
			"getBytes:");
		printf("picture %u: %lu\n", picture, add_up(texels, 4 * width * height));
		tongs_shared_event_set_signaled_value(turn, 2 * picture);
	}
	/* The texture is this process' own: it stays when the other one has ended. */
	write_ppm(argv[2], texels, width, height);
	free(texels);
	tongs_shared_event_unref(turn);
	tongs_texture_unref(texture);
	close(connection);
	return 0;
}
