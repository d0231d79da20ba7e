/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC; NOLINT(bugprone-reserved-identifier) */
#endif
#include "util/parcel.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "util/clock.h"

/* What stands before the message, which is padded with zeros to LEAST bytes, so that one call receives most messages.
 */
struct head {
	uint32_t magic;
	uint32_t size;     /* of the message after the head, without the padding */
	uint32_t fd_count; /* that come with the head */
};

enum { LEAST = 512 };

#define MAGIC UINT32_C(0x53474e54) /* "TNGS" */

static size_t get_padded_size(size_t size) {
	return size < LEAST ? LEAST : size;
}

/* Room for as many file descriptors as the kernel passes at once, so that all are known, and closed. */
enum { MOST_FDS = 253 };

static const char *describe_error(void) {
	switch (errno) {
	case EPIPE:
	case ECONNRESET:
		return "the other process has closed its end, or ended";
	case EAGAIN:
		return "the socket has no message or no room yet, or its time is up";
	case ETOOMANYREFS:
		return "too many file descriptors are on the way: the other process must receive some";
	case EMSGSIZE:
		return "the socket's buffer is too small for the message: raise SO_SNDBUF";
	default:
		return strerror(errno); /* NOLINT(concurrency-mt-unsafe): glibc's is safe for known errors */
	}
}

static const char wrong_socket[] =
	"the file descriptor is no connected Unix socket of type SOCK_STREAM or SOCK_SEQPACKET";

static bool is_unix(int socket) {
	int domain;
	socklen_t size = sizeof(domain);
	return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/* Waits for `events` until `end`. False: the time is up. */
static bool wait_for(int socket, short events, uint64_t end) {
	struct pollfd entry = {.fd = socket, .events = events};
	for (;;) {
		const uint64_t now = tongs_clock_now();
		if (now >= end)
			return false;
		const int ready = poll(&entry, 1, (int)((end - now) / TONGS_MS + 1));
		if (ready > 0 || (ready < 0 && errno != EINTR))
			return true; /* the next call has the error */
	}
}

static uint64_t get_end(void) {
	return tongs_clock_now() + (uint64_t)TONGS_PARCEL_PATIENCE * TONGS_MS;
}

/* The rest of a message of a stream, without file descriptors. */
static const char *send_rest(int socket, const char *bytes, size_t size) {
	const uint64_t end = get_end();
	while (size > 0) {
		const ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0) {
			bytes += sent;
			size -= (size_t)sent;
		} else if (sent < 0 && errno == EAGAIN) {
			if (!wait_for(socket, POLLOUT, end))
				return "the other process does not read: the message is not complete";
		} else if (sent == 0 || errno != EINTR) {
			return describe_error();
		}
	}
	return NULL;
}

const char *tongs_parcel_send(int socket, const struct tongs_parcel *parcel) {
	const struct head head = {.magic = MAGIC, .size = (uint32_t)parcel->size, .fd_count = parcel->fd_count};
	const size_t fds_size = parcel->fd_count * sizeof(int);
	char message[sizeof(head) + TONGS_PARCEL_SIZE];
	struct iovec bytes = {.iov_base = message, .iov_len = sizeof(head) + get_padded_size(parcel->size)};
	struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(TONGS_PARCEL_FDS * sizeof(int))];
	} control = {0};
	ssize_t sent;
	if (!is_unix(socket))
		return wrong_socket;
	memset(message, 0, bytes.iov_len);
	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), parcel->bytes, parcel->size);
	if (fds_size) {
		header.msg_control = control.room;
		header.msg_controllen = CMSG_SPACE(fds_size);
		struct cmsghdr *part = CMSG_FIRSTHDR(&header);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(fds_size);
		memcpy(CMSG_DATA(part), parcel->fds, fds_size);
	}
	do
		sent = sendmsg(socket, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return describe_error();
	return send_rest(socket, message + sent, bytes.iov_len - (size_t)sent);
}

void tongs_parcel_close(struct tongs_parcel *parcel) {
	for (unsigned i = 0; i < parcel->fd_count; i++)
		close(parcel->fds[i]);
	parcel->fd_count = 0;
}

/* Moves the file descriptors into the parcel, and closes those that it has no room for. Returns how many came. */
static unsigned take_fds(struct msghdr *header, struct tongs_parcel *parcel) {
	unsigned count = 0;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		const size_t size = part->cmsg_len - CMSG_LEN(0);
		for (size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(part) + at, sizeof(fd));
			count++;
			if (parcel->fd_count < TONGS_PARCEL_FDS)
				parcel->fds[parcel->fd_count++] = fd;
			else
				close(fd);
		}
	}
	return count;
}

/* One call of recvmsg; `*received` bytes came, and `*fds` file descriptors, those that fit in the parcel. */
static const char *receive_some(
	int socket, void *bytes, size_t size, int flags, struct tongs_parcel *parcel, size_t *received, unsigned *fds) {
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(MOST_FDS * sizeof(int))];
	} control;
	struct iovec room = {.iov_base = bytes, .iov_len = size};
	struct msghdr header = {
		.msg_iov = &room, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)};
	ssize_t count;
	do
		count = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
	while (count < 0 && errno == EINTR);
	*received = 0;
	*fds = 0;
	if (count < 0)
		return describe_error();
	*fds = take_fds(&header, parcel);
	*received = (size_t)count;
	if (header.msg_flags & MSG_CTRUNC)
		return "file descriptors were lost: this process has too many open, or the message too many";
	if (header.msg_flags & MSG_TRUNC)
		return "the message is too long";
	if (count == 0)
		return "the other process has closed its end, or ended";
	return NULL;
}

/* The rest of a message of a stream that has begun. */
static const char *receive_rest(int socket, char *bytes, size_t size, struct tongs_parcel *parcel) {
	const uint64_t end = size > 0 ? get_end() : 0;
	while (size > 0) {
		size_t received;
		unsigned fds;
		if (!wait_for(socket, POLLIN, end))
			return "the message is not complete, and the rest does not come";
		const char *fault = receive_some(socket, bytes, size, MSG_DONTWAIT, parcel, &received, &fds);
		if (fault)
			return fault;
		if (fds)
			return "file descriptors came where the message has none";
		bytes += received;
		size -= received;
	}
	return NULL;
}

static const char *check_head(const struct head *head, unsigned fds) {
	if (head->magic != MAGIC)
		return "it is no message of tongs_handle_send";
	if (head->size == 0 || head->size > TONGS_PARCEL_SIZE)
		return "the message has no valid length";
	if (head->fd_count != fds || fds > TONGS_PARCEL_FDS)
		return "the message has more or fewer file descriptors than it says";
	return NULL;
}

/* Into `message`, which has room for the longest. */
static const char *receive_stream(int socket, char *message, struct tongs_parcel *parcel) {
	const size_t least = sizeof(struct head) + LEAST;
	struct head head;
	size_t received;
	unsigned fds;
	const char *fault = receive_some(socket, message, least, 0, parcel, &received, &fds);
	/* What is no message need not have so many bytes. */
	if (!fault && received < sizeof(head)) {
		fault = receive_rest(socket, message + received, sizeof(head) - received, parcel);
		received = sizeof(head);
	}
	if (fault)
		return fault;
	memcpy(&head, message, sizeof(head));
	fault = check_head(&head, fds);
	return fault ? fault
		     : receive_rest(socket, message + received, sizeof(head) + get_padded_size(head.size) - received,
			       parcel);
}

static const char *receive_packet(int socket, char *message, struct tongs_parcel *parcel) {
	struct head head;
	size_t received;
	unsigned fds;
	const char *fault = receive_some(socket, message, sizeof(head) + TONGS_PARCEL_SIZE, 0, parcel, &received, &fds);
	if (fault)
		return fault;
	if (received < sizeof(head))
		return "the message is too short";
	memcpy(&head, message, sizeof(head));
	fault = check_head(&head, fds);
	if (!fault && received != sizeof(head) + get_padded_size(head.size))
		fault = "the message has another length than it says";
	return fault;
}

const char *tongs_parcel_receive(int socket, struct tongs_parcel *parcel) {
	char message[sizeof(struct head) + TONGS_PARCEL_SIZE];
	struct head head;
	int type;
	socklen_t type_size = sizeof(type);
	parcel->size = 0;
	parcel->fd_count = 0;
	/* Those of datagrams do not say that the other process has ended. */
	if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 ||
		(type != SOCK_STREAM && type != SOCK_SEQPACKET))
		return wrong_socket;
	const char *fault =
		type == SOCK_STREAM ? receive_stream(socket, message, parcel) : receive_packet(socket, message, parcel);
	if (fault) {
		tongs_parcel_close(parcel);
		return fault;
	}
	memcpy(&head, message, sizeof(head));
	parcel->size = head.size;
	memcpy(parcel->bytes, message + sizeof(head), head.size);
	return NULL;
}
