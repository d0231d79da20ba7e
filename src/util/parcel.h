/* SPDX-License-Identifier: MIT */
/* Messages with file descriptors over Unix sockets. What comes is what a stranger wrote: nothing of it is believed
 * here, and no file descriptor stays open that the caller does not get. */
#ifndef TONGS_UTIL_PARCEL_H
#define TONGS_UTIL_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TONGS_PARCEL_SIZE = 4096, /* the most bytes */
	TONGS_PARCEL_FDS = 2,     /* the most file descriptors */
	/* How many milliseconds the rest of a message that has begun may take. */
	TONGS_PARCEL_PATIENCE = 5000,
};

struct tongs_parcel {
	size_t size; /* of the message */
	unsigned fd_count;
	int fds[TONGS_PARCEL_FDS];
	_Alignas(8) unsigned char bytes[TONGS_PARCEL_SIZE];
};

/* Sends a message after a head with its length. The file descriptors stay the caller's. NULL on success, else what
 * failed, as a clause. Waits for room as the socket says; SIGPIPE is not raised. */
const char *tongs_parcel_send(int socket, const struct tongs_parcel *parcel);
/* Receives one message, and waits for its beginning as the socket says. The file descriptors, closed by exec, are the
 * caller's. NULL on success, else what failed, as a clause; then there are none. */
const char *tongs_parcel_receive(int socket, struct tongs_parcel *parcel);
void tongs_parcel_close(struct tongs_parcel *parcel);

#endif
