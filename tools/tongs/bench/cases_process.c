/* SPDX-License-Identifier: MIT */
/* Benchmarks of a second process: a handle against a bare file descriptor. */
#include "benchmark.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "client/command.h"

enum { TONGS_SIDE, BASELINE_SIDE, SIDES };

struct state {
	struct tongs_buffer *buffer;
	int fd; /* a memfd of the same size */
	struct {
		int socket;
		pid_t process;
	} peers[SIDES]; /* .process 0: none */
};

static bool send_fd(int socket, int fd) {
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = 0;
	struct iovec part = {&byte, 1};
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	return sendmsg(socket, &header, MSG_NOSIGNAL) == 1;
}

/* -1: there is none any more. */
static int receive_fd(int socket) {
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)};
	int fd = -1;

	if (recvmsg(socket, &header, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	const struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	return fd;
}

/* The first byte of what comes; -1: nothing comes any more. */
static int read_fd(int socket, size_t size) {
	const int fd = receive_fd(socket);
	if (fd < 0)
		return -1;
	unsigned char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	const int byte = bytes == MAP_FAILED ? -1 : bytes[0];
	if (byte >= 0)
		munmap(bytes, size);
	close(fd);
	return byte;
}

static int read_handle(int socket, struct tongs_device *device) {
	struct tongs_buffer *buffer = tongs_handle_receive(socket, device);
	const unsigned char *bytes = buffer ? tongs_buffer_get_contents(buffer) : NULL;
	const int byte = bytes ? bytes[0] : -1;
	tongs_buffer_unref(buffer);
	return byte;
}

static void ignore(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	(void)text;
	(void)user;
}

/* The other process: answers each message with the first byte of its memory. */
static void answer(const struct tongs_bench_run *run, int side, int socket) {
	/* The end of the messages is one, too. */
	tongs_set_message_callback(ignore, NULL);
	for (;;) {
		const int byte = side == TONGS_SIDE ? read_handle(socket, run->device->metal)
						    : read_fd(socket, (size_t)run->size);
		const char reply = (char)byte;
		if (byte < 0 || send(socket, &reply, 1, MSG_NOSIGNAL) != 1)
			_exit(0);
	}
}

static bool start(struct tongs_bench_run *run, int side) {
	struct state *state = run->state;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	const pid_t process = fork();
	if (process == 0) {
		for (int i = 0; i < side; i++)
			close(state->peers[i].socket);
		close(ends[0]);
		answer(run, side, ends[1]);
	}
	close(ends[1]);
	if (process < 0) {
		close(ends[0]);
		return false;
	}
	state->peers[side].socket = ends[0];
	state->peers[side].process = process;
	return true;
}

static bool prepare(struct tongs_bench_run *run) {
	struct state *state = run->state;

	state->fd = memfd_create("tongs bench", MFD_CLOEXEC);
	state->buffer = tongs_device_new_shareable_buffer(run->device->metal, run->size, MTLResourceStorageModeShared);
	if (!state->buffer)
		return false;
	((char *)tongs_buffer_get_contents(state->buffer))[0] = 7;
	if (state->fd >= 0 && ftruncate(state->fd, (off_t)run->size) == 0 && pwrite(state->fd, "\7", 1, 0) == 1 &&
		start(run, TONGS_SIDE) && start(run, BASELINE_SIDE))
		return true;
	tongs_command_error("no second process");
	return false;
}

static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	for (int side = 0; side < SIDES; side++) {
		if (!state->peers[side].process)
			continue;
		close(state->peers[side].socket);
		waitpid(state->peers[side].process, NULL, 0);
	}
	if (state->fd > 0)
		close(state->fd);
	tongs_buffer_unref(state->buffer);
}

static bool pass(struct tongs_bench_run *run, uint64_t count) {
	struct state *state = run->state;
	const int side = (int)run->side->variant, socket = state->peers[side].socket;

	for (; count; count--) {
		char reply = 0;
		const bool sent =
			side == TONGS_SIDE ? tongs_handle_send(socket, state->buffer) : send_fd(socket, state->fd);
		if (sent && recv(socket, &reply, 1, 0) == 1 && reply == 7)
			continue;
		tongs_command_error("the second process has not the byte");
		return false;
	}
	return true;
}

const struct tongs_benchmark tongs_bench_process_cases[] = {
	{"to another process, first byte", "fd over a socket + mmap", .unit = TONGS_BENCH_BYTES,
		.sizes = {64 << 10, 64 << 20}, .goals = {{TONGS_BENCH_RATIO, 1.2, TONGS_BENCH_ANY_DRIVER}},
		.kinds = TONGS_BENCH_KIND(PAGES), .takes_turns = true, .state_size = sizeof(struct state),
		.prepare = prepare, .finish = finish, TONGS_BENCH_SIDES(TONGS_SIDE, BASELINE_SIDE, pass)},
	{0},
};
