/* SPDX-License-Identifier: MIT */
/* For programs that send objects and execute themselves as the other process. */
#ifndef TONGS_TESTS_METAL_PEERS_H
#define TONGS_TESTS_METAL_PEERS_H

#include "peer.h"
#include "sent_objects.h"

/* For main: runs what the other process is to do, or the tests. Returns the exit status. */
int run_with_peers(int argc, char **argv, const struct peer_task *peers, size_t peer_count, const char *group,
	const struct CMUnitTest *tests, size_t test_count);

#endif
