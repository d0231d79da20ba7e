/* SPDX-License-Identifier: MIT */
/* The way of a message to another process: sockets that are none, ends that are closed, streams that break off or
 * stall, and too many file descriptors. */
#include "sent_objects.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/memfd.h"
#include "util/parcel.h"

static void other_files_are_no_sockets(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_filled_buffer();
	int ends[2];
	const int files[] = {-1, open("/dev/null", O_RDWR), socket(AF_INET, SOCK_STREAM, 0)};
	for (size_t i = 0; i < LENGTH(files); i++) {
		assert_false(tongs_handle_send(files[i], buffer));
		messages_expect("no connected Unix socket");
		assert_null(tongs_handle_receive(files[i], device));
		messages_expect(i < 2 ? "no connected Unix socket" : "tongs_handle_receive:");
		if (files[i] >= 0)
			close(files[i]);
	}
	/* Its end cannot be seen. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	assert_null(tongs_handle_receive(ends[0], device));
	messages_expect("no connected Unix socket");
	close(ends[0]);
	close(ends[1]);
	const int alone = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_false(tongs_handle_send(alone, buffer));
	messages_expect("tongs_handle_send:");
	assert_null(tongs_handle_receive(alone, device));
	messages_expect("tongs_handle_receive:");
	close(alone);
	tongs_buffer_unref(buffer);
}

/* SIGPIPE would end the test. */
static void a_vanished_peer_is_an_error(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_filled_buffer();
	for (size_t i = 0; i < LENGTH(socket_types); i++) {
		int ends[2];
		assert_int_equal(socketpair(AF_UNIX, socket_types[i], 0, ends), 0);
		close(ends[1]);
		assert_false(tongs_handle_send(ends[0], buffer));
		messages_expect("has closed its end");
		assert_null(tongs_handle_receive(ends[0], device));
		messages_expect("has closed its end");
		close(ends[0]);
		assert_int_equal(socketpair(AF_UNIX, socket_types[i] | SOCK_NONBLOCK, 0, ends), 0);
		assert_null(tongs_handle_receive(ends[0], device));
		messages_expect("has no message or no room yet");
		/* Nobody reads. */
		unsigned sent = 0;
		while (sent < 100000 && tongs_handle_send(ends[0], buffer))
			sent++;
		assert_true(sent > 0 && sent < 100000);
		assert_true(messages_take() > 0);
		close(ends[0]);
		close(ends[1]);
	}
	tongs_buffer_unref(buffer);
}

/* The bytes of a message, without its file descriptor, and the empty stream that it came through. */
static ssize_t record_stream(struct tongs_buffer *buffer, int ends[2], char bytes[8192]) {
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(tongs_handle_send(ends[0], buffer));
	const ssize_t size = recv(ends[1], bytes, 8192, 0);
	assert_true(size > 100);
	return size;
}

/* A stream that ends, stalls or has garbage in any place. */
static void broken_streams_are_refused(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_filled_buffer();
	char bytes[8192];
	int ends[2];
	const ssize_t size = record_stream(buffer, ends, bytes);
	close(ends[0]);
	close(ends[1]);
	const size_t files = count_files();
	for (ssize_t cut = 1; cut < size; cut += 7) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		assert_int_equal(send(ends[0], bytes, (size_t)cut, 0), cut);
		close(ends[0]);
		assert_null(tongs_handle_receive(ends[1], device));
		messages_expect("tongs_handle_receive:");
		close(ends[1]);
	}
	for (int type = 0; type < 2; type++) {
		assert_int_equal(socketpair(AF_UNIX, socket_types[type], 0, ends), 0);
		memset(bytes, 0x41, sizeof(bytes));
		assert_int_equal(send(ends[0], bytes, type ? sizeof(bytes) : 100, 0), type ? sizeof(bytes) : 100);
		assert_null(tongs_handle_receive(ends[1], device));
		messages_expect(type ? "too long" : "no message of tongs_handle_send");
		close(ends[0]);
		close(ends[1]);
	}
	assert_int_equal(count_files(), files);
	tongs_buffer_unref(buffer);
}

/* Sends bytes with so many copies of a file descriptor. */
static void send_files(int socket, const void *bytes, size_t size, int fd, unsigned count) {
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(200 * sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr header = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (unsigned i = 0; i < count; i++)
		memcpy(CMSG_DATA(rights) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(socket, &header, 0), size);
}

/* Another process that goes on neither to write nor to read costs seconds, not for ever. */
static void a_peer_that_stalls_is_an_error(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_filled_buffer();
	char bytes[8192];
	int ends[2];
	const ssize_t size = record_stream(buffer, ends, bytes);
	send_files(ends[0], bytes, (size_t)size / 2, ends[0], 1);
	const uint64_t start_time = tongs_clock_now(), patience = TONGS_PARCEL_PATIENCE * UINT64_C(1000000);
	assert_null(tongs_handle_receive(ends[1], device));
	const uint64_t waited = tongs_clock_now() - start_time;
	messages_expect("the rest does not come");
	assert_true(waited >= patience && waited < 3 * patience);
	close(ends[0]);
	close(ends[1]);
	tongs_buffer_unref(buffer);
}

static void too_many_files_are_closed(void **state) {
	(void)state;
	static const unsigned counts[] = {1, 2, 3, 100, 200};
	for (size_t i = 0; i < LENGTH(counts); i++) {
		for (size_t type = 0; type < LENGTH(socket_types); type++) {
			int ends[2];
			assert_int_equal(socketpair(AF_UNIX, socket_types[type], 0, ends), 0);
			const size_t files = count_files();
			send_files(ends[0], "12 bytes and more", 17, ends[0], counts[i]);
			assert_null(tongs_handle_receive(ends[1], device));
			messages_expect("tongs_handle_receive:");
			assert_int_equal(count_files(), files);
			close(ends[0]);
			close(ends[1]);
		}
	}
	/* In the middle of a stream. */
	struct tongs_buffer *buffer = new_filled_buffer();
	char bytes[8192];
	int ends[2];
	const ssize_t size = record_stream(buffer, ends, bytes);
	const int fd = tongs_memfd_create("good", 1 << 20);
	send_files(ends[0], bytes, 12, fd, 1);
	send_files(ends[0], bytes + 12, (size_t)size - 12, fd, 1);
	close(fd);
	const size_t files = count_files();
	assert_null(tongs_handle_receive(ends[1], device));
	messages_expect("where the message has none");
	assert_int_equal(count_files(), files);
	close(ends[0]);
	close(ends[1]);
	tongs_buffer_unref(buffer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(other_files_are_no_sockets),
		TEST(a_vanished_peer_is_an_error),
		TEST(broken_streams_are_refused),
		TEST(a_peer_that_stalls_is_an_error),
		TEST(too_many_files_are_closed),
	};
	return cmocka_run_group_tests_name("parcel", tests, open_default_device, close_device);
}
