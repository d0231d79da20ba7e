/* SPDX-License-Identifier: MIT */
/* Surfaces in a second process, which is this program, executed again: the same bytes and seed, and what is each
 * process' own. */
#include "peers.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "metal/surface.h"
#include "place.h"

/* Luma and chroma, whose bytes have the pattern, also between the rows. */
enum { LUMA_PITCH = 256, CHROMA_PITCH = 320, CHROMA_AT = 8192, PIXELS = 0x34323076 };

static struct tongs_surface_info describe_planes(void) {
	return (struct tongs_surface_info){
		.whole = {.width = 100, .height = 24},
		.pixel_format = PIXELS,
		.plane_count = 2,
		.planes = {{.width = 100, .height = 24, .bytes_per_element = 1, .bytes_per_row = LUMA_PITCH},
			{.width = 50,
				.height = 12,
				.bytes_per_element = 2,
				.bytes_per_row = CHROMA_PITCH,
				.offset = CHROMA_AT}},
	};
}

static struct tongs_surface *new_planes(void) {
	const struct tongs_surface_info info = describe_planes();
	struct tongs_surface *surface = tongs_surface_new_shareable(&info);
	assert_non_null(surface);
	return surface;
}

static bool is_plane(const struct tongs_surface_plane *plane, const struct tongs_surface_plane *expected) {
	return plane->width == expected->width && plane->height == expected->height &&
	       plane->bytes_per_element == expected->bytes_per_element && plane->element_width == 1 &&
	       plane->element_height == 1 && plane->bytes_per_row == expected->bytes_per_row &&
	       plane->offset == expected->offset && plane->size == expected->bytes_per_row * expected->height;
}

static void fill_planes(struct tongs_surface *surface, unsigned seed) {
	fill(tongs_surface_get_base_address_of_plane(surface, 0), LUMA_PITCH * 24, seed);
	fill(tongs_surface_get_base_address_of_plane(surface, 1), CHROMA_PITCH * 12, seed + 1);
}

static bool planes_have(struct tongs_surface *surface, unsigned seed) {
	return has(tongs_surface_get_base_address_of_plane(surface, 0), LUMA_PITCH * 24, seed) &&
	       has(tongs_surface_get_base_address_of_plane(surface, 1), CHROMA_PITCH * 12, seed + 1);
}

static void change_seed(struct tongs_surface *surface) {
	tongs_surface_lock(surface, false, NULL);
	tongs_surface_unlock(surface, false, NULL);
}

static void peer_planes(int socket) {
	const struct tongs_surface_info expected = describe_planes();
	struct tongs_surface_info info;
	struct tongs_surface *surface = tongs_handle_receive(socket, NULL);
	CHECK(surface && tongs_handle_kind(surface) == TONGS_KIND_SURFACE);
	tongs_surface_get_info(surface, &info);
	CHECK(info.whole.width == 100 && info.whole.height == 24 && info.pixel_format == PIXELS &&
		info.plane_count == 2 && info.alloc_size == 12288);
	CHECK(is_plane(&info.planes[0], &expected.planes[0]) && is_plane(&info.planes[1], &expected.planes[1]));
	CHECK(planes_have(surface, 1));
	fill_planes(surface, 5);
	/* Its own ID, by which this process alone finds it; and a use count of its own. */
	struct tongs_surface *found = tongs_surface_new_from_id(tongs_surface_get_id(surface));
	CHECK(found == surface);
	tongs_surface_unref(found);
	CHECK(tongs_surface_get_use_count(surface) == 0 && tongs_surface_is_in_use(surface));
	/* The seed goes on from the sender's. */
	uint32_t seed;
	CHECK(tongs_surface_get_seed(surface) == 3);
	CHECK(tongs_surface_lock(surface, false, &seed) && seed == 3);
	CHECK(tongs_surface_unlock(surface, false, &seed) && seed == 4);
	CHECK(!tongs_surface_unlock(surface, false, NULL));
	CHECK(peer_say(socket, 'w') && peer_hear(socket, 'r'));
	/* The sender has released its own. */
	CHECK(!tongs_surface_is_in_use(surface));
	CHECK(planes_have(surface, 5) && tongs_surface_get_seed(surface) == 5);
	tongs_surface_unref(surface);
	CHECK(peer_say(socket, 'e'));
}

static void surfaces_are_the_same_bytes(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(socket_types); i++) {
		struct peer peer = peer_start("planes", socket_types[i]);
		struct tongs_surface *surface = new_planes();
		fill_planes(surface, 1);
		for (int change = 0; change < 3; change++)
			change_seed(surface);
		tongs_surface_lock(surface, false, NULL);
		tongs_surface_increment_use_count(surface);
		assert_true(tongs_handle_send(peer.socket, surface));
		assert_true(peer_hear(peer.socket, 'w'));
		assert_true(planes_have(surface, 5));
		assert_int_equal(tongs_surface_get_seed(surface), 4);
		uint32_t seed;
		assert_true(tongs_surface_unlock(surface, false, &seed));
		assert_int_equal(seed, 5);
		tongs_surface_unref(surface);
		assert_true(peer_say(peer.socket, 'r'));
		assert_true(peer_hear(peer.socket, 'e'));
		peer_finish(&peer);
	}
}

static void peer_uses(int socket) {
	struct tongs_surface *surface = tongs_handle_receive(socket, NULL);
	CHECK(surface && !tongs_surface_is_in_use(surface));
	for (int i = 0; i < 2; i++)
		tongs_surface_increment_use_count(surface);
	CHECK(peer_say(socket, 'u') && peer_hear(socket, 'o'));
	tongs_surface_decrement_use_count(surface);
	CHECK(peer_say(socket, 'u') && peer_hear(socket, 'o'));
	tongs_surface_decrement_use_count(surface);
	CHECK(!tongs_surface_is_in_use(surface));
	CHECK(peer_say(socket, 'n') && peer_hear(socket, 'o'));
	tongs_surface_increment_use_count(surface);
	fill_planes(surface, 7);
	CHECK(peer_say(socket, 'u') && peer_hear(socket, 'o'));
	/* It ends in the middle of its use. */
	_exit(0);
}

/* In a container that lacks /proc: 'p' if such a place can be had here. */
static void peer_uses_without_proc(int socket) {
	if (!place_enter() || !place_cover("/proc", true, NULL)) {
		CHECK(peer_say(socket, 'r'));
		return;
	}
	CHECK(access("/proc/self", F_OK) != 0 && peer_say(socket, 'p'));
	peer_uses(socket);
}

static void check_use(struct peer peer) {
	struct tongs_surface *surface = new_planes();
	assert_true(tongs_handle_send(peer.socket, surface));
	for (int i = 0; i < 4; i++) {
		const bool used = i != 2;
		assert_true(peer_hear(peer.socket, used ? 'u' : 'n'));
		assert_int_equal(tongs_surface_is_in_use(surface), used);
		assert_int_equal(tongs_surface_get_use_count(surface), 0);
		assert_true(peer_say(peer.socket, 'o'));
	}
	peer_finish(&peer);
	assert_false(tongs_surface_is_in_use(surface));
	assert_true(planes_have(surface, 7));
	tongs_surface_unref(surface);
}

static void use_is_seen_until_the_process_ends(void **state) {
	(void)state;
	check_use(peer_start("uses", SOCK_STREAM));
}

static void use_is_seen_without_proc(void **state) {
	(void)state;
	struct peer peer = peer_start("uses without proc", SOCK_STREAM);
	char said = 0;
	assert_int_equal(recv(peer.socket, &said, 1, 0), 1);
	if (said == 'p') {
		check_use(peer);
		return;
	}
	assert_int_equal(said, 'r');
	peer_finish(&peer);
	print_message("mounts of one's own are refused\n");
	skip();
}

/* Of the chroma, which has two bytes a texel. */
enum { TEXELS_SIZE = 50 * 12 * 2 };

static void peer_texture(int socket) {
	unsigned char texels[TEXELS_SIZE];
	struct tongs_texture *texture = tongs_handle_receive(socket, NULL);
	CHECK(texture && tongs_handle_kind(texture) == TONGS_KIND_TEXTURE);
	CHECK(strcmp(tongs_resource_get_label(tongs_texture_get_resource(texture)), "chroma") == 0);
	struct tongs_surface *surface = tongs_texture_get_surface(texture);
	CHECK(surface && tongs_texture_get_surface_plane(texture) == 1);
	CHECK(planes_have(surface, 1) && tongs_surface_get_seed(surface) == 1);
	CHECK(tongs_texture_get_bytes(texture, texels, 100, 0, MTLRegionMake2D(0, 0, 50, 12), 0, 0));
	for (size_t i = 0; i < sizeof(texels); i++)
		CHECK(texels[i] == pattern(i / 100 * CHROMA_PITCH + i % 100, 2));
	fill(texels, sizeof(texels), 9);
	CHECK(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, 50, 12), 0, 0, texels, 100, 0));
	change_seed(surface);
	tongs_texture_unref(texture);
}

/* The surface is received, and a texture made over a plane there. */
static void peer_texture_over_it(int socket) {
	unsigned char texels[TEXELS_SIZE];
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRG8Unorm, 50, 12);
	struct tongs_device *own = tongs_device_new_default();
	struct tongs_surface *surface = tongs_handle_receive(socket, own);
	CHECK(surface);
	struct tongs_texture *texture = tongs_device_new_texture_from_surface(own, &info, surface, 1);
	CHECK(texture);
	CHECK(tongs_texture_get_bytes(texture, texels, 100, 0, MTLRegionMake2D(0, 0, 50, 12), 0, 0));
	for (size_t i = 0; i < sizeof(texels); i++)
		CHECK(texels[i] == pattern(i / 100 * CHROMA_PITCH + i % 100, 2));
	fill(texels, sizeof(texels), 9);
	CHECK(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, 50, 12), 0, 0, texels, 100, 0));
	change_seed(surface);
	tongs_texture_unref(texture);
	tongs_surface_unref(surface);
}

static void textures_over_planes_show_the_same_bytes(void **state) {
	(void)state;
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRG8Unorm, 50, 12);
	const NSUInteger alignment = tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRG8Unorm);
	if (CHROMA_PITCH % alignment)
		skip();
	for (int over_received = 0; over_received < 2; over_received++) {
		struct tongs_surface *surface = new_planes();
		struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &info, surface, 1);
		assert_non_null(texture);
		assert_true(tongs_texture_is_shareable(texture));
		tongs_resource_set_label(tongs_texture_get_resource(texture), "chroma");
		fill_planes(surface, 1);
		change_seed(surface);
		struct peer peer = peer_start(over_received ? "texture over it" : "texture", SOCK_SEQPACKET);
		assert_true(tongs_handle_send(peer.socket, over_received ? (void *)surface : (void *)texture));
		peer_finish(&peer);
		const unsigned char *chroma = tongs_surface_get_base_address_of_plane(surface, 1);
		for (size_t row = 0; row < 12; row++)
			for (size_t i = 0; i < CHROMA_PITCH; i++)
				assert_int_equal(chroma[row * CHROMA_PITCH + i],
					i < 100 ? pattern(row * 100 + i, 9) : pattern(row * CHROMA_PITCH + i, 2));
		assert_int_equal(tongs_surface_get_seed(surface), 2);
		tongs_texture_unref(texture);
		tongs_surface_unref(surface);
	}
}

/* In one process there are two surfaces then, each with a count of its own. */
static void surfaces_come_back(void **state) {
	(void)state;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	const size_t files = count_files(), mappings = count_memfd_mappings();
	struct tongs_surface *surface = new_planes();
	tongs_surface_increment_use_count(surface);
	assert_true(tongs_handle_send(ends[0], surface));
	struct tongs_surface *back = tongs_handle_receive(ends[1], NULL);
	assert_non_null(back);
	assert_ptr_not_equal(back, surface);
	assert_int_not_equal(tongs_surface_get_id(back), tongs_surface_get_id(surface));
	fill_planes(surface, 3);
	assert_true(planes_have(back, 3));
	change_seed(back);
	assert_int_equal(tongs_surface_get_seed(surface), 1);
	assert_true(tongs_surface_is_in_use(back));
	tongs_surface_increment_use_count(back);
	tongs_surface_decrement_use_count(surface);
	assert_true(tongs_surface_is_in_use(surface));
	/* A received one can be sent on. */
	assert_true(tongs_handle_send(ends[0], back));
	tongs_surface_unref(back);
	back = tongs_handle_receive(ends[1], device);
	assert_non_null(back);
	assert_false(tongs_surface_is_in_use(surface));
	assert_true(planes_have(back, 3));
	tongs_surface_unref(back);
	tongs_surface_unref(surface);
	assert_int_equal(count_files(), files);
	assert_int_equal(count_memfd_mappings(), mappings);
	close(ends[0]);
	close(ends[1]);
}

/* A child of fork() has a use of its own. */
static void a_child_says_for_itself(void **state) {
	(void)state;
	int ends[2], status = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	struct tongs_surface *surface = new_planes();
	assert_true(tongs_handle_send(ends[0], surface));
	struct tongs_surface *watch = tongs_handle_receive(ends[1], NULL);
	assert_non_null(watch);
	tongs_surface_increment_use_count(surface);
	pid_t child = fork();
	if (child == 0) {
		tongs_surface_decrement_use_count(surface);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(tongs_surface_is_in_use(watch));
	tongs_surface_decrement_use_count(surface);
	assert_false(tongs_surface_is_in_use(watch));
	/* What the child says ends with it; meanwhile the parent's own surface shows it. */
	int go[2], said[2];
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(said), 0);
	child = fork();
	if (child == 0) {
		char byte = 0;
		close(go[1]);
		tongs_surface_increment_use_count(surface);
		(void)!write(said[1], &byte, 1);
		_exit(read(go[0], &byte, 1) == 0 ? 0 : 1);
	}
	char byte;
	assert_int_equal(read(said[0], &byte, 1), 1);
	assert_true(tongs_surface_is_in_use(watch));
	assert_true(tongs_surface_is_in_use(surface));
	close(go[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_false(tongs_surface_is_in_use(watch));
	assert_false(tongs_surface_is_in_use(surface));
	close(go[0]);
	close(said[0]);
	close(said[1]);
	close(ends[0]);
	close(ends[1]);
	tongs_surface_unref(watch);
	tongs_surface_unref(surface);
}

static const struct peer_task peers[] = {
	{"planes", peer_planes},
	{"uses", peer_uses},
	{"uses without proc", peer_uses_without_proc},
	{"texture", peer_texture},
	{"texture over it", peer_texture_over_it},
};

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		TEST(surfaces_are_the_same_bytes),
		TEST(use_is_seen_until_the_process_ends),
		TEST(use_is_seen_without_proc),
		TEST(textures_over_planes_show_the_same_bytes),
		TEST(surfaces_come_back),
		TEST(a_child_says_for_itself),
	};
	return run_with_peers(argc, argv, peers, LENGTH(peers), "process surfaces", tests, LENGTH(tests));
}
