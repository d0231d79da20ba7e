/* SPDX-License-Identifier: MIT */
#include "forge.h"

#include <sys/socket.h>
#include <unistd.h>

struct tongs_parcel capture(const void *handle) {
	struct tongs_parcel parcel;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_true(tongs_handle_send(ends[0], handle));
	assert_null(tongs_parcel_receive(ends[1], &parcel));
	assert_int_equal(parcel.fd_count, tongs_message_get_fd_count((struct tongs_message *)(void *)parcel.bytes));
	close(ends[0]);
	close(ends[1]);
	return parcel;
}

void *pass(const struct tongs_parcel *parcel) {
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_null(tongs_parcel_send(ends[0], parcel));
	void *object = tongs_handle_receive(ends[1], device);
	close(ends[0]);
	close(ends[1]);
	return object;
}

void refuse(const struct tongs_parcel *parcel, const char *text) {
	const size_t files = count_files(), mappings = count_memfd_mappings(), objects = tongs_interop_count_objects();
	assert_null(pass(parcel));
	messages_expect(text);
	assert_int_equal(count_files(), files);
	assert_int_equal(count_memfd_mappings(), mappings);
	assert_int_equal(tongs_interop_count_objects(), objects);
}
