/* SPDX-License-Identifier: MIT */
/* Draws pictures into a texture that another program, process_show, has, too:
 *
 *     for i in draw show; do cc -std=gnu11 process_$i.c -o process_$i $(pkg-config --cflags --libs tongs); done
 *     ./process_draw socket &
 *     ./process_show socket last.ppm
 *
 * A shared event says whose turn it is: odd values mean that a picture is drawn, even ones that it was shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tongs/metal.h>

enum { WIDTH = 320, HEIGHT = 200, PICTURES = 5, SECONDS = 20 };

static void check(bool condition, const char *what) {
	if (condition)
		return;
	fprintf(stderr, "process_draw: %s failed\n", what);
	exit(1);
}

/* Waits for the other program at `path`. */
static int accept_at(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	check(strlen(path) < sizeof(address.sun_path), "a path that short");
	strcpy(address.sun_path, path);
	unlink(path);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listener, 1) == 0, path);
	int connection = accept(listener, NULL, NULL);
	check(connection >= 0, "accept");
	close(listener);
	unlink(path);
	return connection;
}

static void draw(struct tongs_texture *texture, unsigned picture) {
	static unsigned char texels[HEIGHT][WIDTH][4];
	for (unsigned y = 0; y < HEIGHT; y++) {
		for (unsigned x = 0; x < WIDTH; x++) {
			texels[y][x][0] = (unsigned char)(x + 40 * picture);
			texels[y][x][1] = (unsigned char)(y * 255 / HEIGHT);
			texels[y][x][2] = (unsigned char)(50 * picture);
			texels[y][x][3] = 255;
		}
	}
	check(tongs_texture_replace_region(
		      texture, MTLRegionMake2D(0, 0, WIDTH, HEIGHT), 0, 0, texels, sizeof(texels[0]), 0),
		"replaceRegion:");
}

int main(int argc, char **argv) {
	check(argc == 2, "`process_draw SOCKET'");
	struct tongs_device *device = tongs_device_new_default();
	check(device, "finding a device");
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	struct tongs_shared_event *turn = tongs_device_new_shared_event(device);
	check(texture && turn, "creating the objects");

	int connection = accept_at(argv[1]);
	check(tongs_handle_send(connection, texture) && tongs_handle_send(connection, turn), "sending the objects");
	for (unsigned picture = 1; picture <= PICTURES; picture++) {
		draw(texture, picture);
		tongs_shared_event_set_signaled_value(turn, 2 * picture - 1);
		check(tongs_shared_event_wait(turn, 2 * picture, SECONDS * 1000), "the other program");
	}
	close(connection);
	tongs_shared_event_unref(turn);
	tongs_texture_unref(texture);
	tongs_device_unref(device);
	return 0;
}
