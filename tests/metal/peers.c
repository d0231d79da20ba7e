/* SPDX-License-Identifier: MIT */
#include "peers.h"

int run_with_peers(int argc, char **argv, const struct peer_task *peers, size_t peer_count, const char *group,
	const struct CMUnitTest *tests, size_t test_count) {
	const char *name;
	int socket;
	if (peer_is_this(argc, argv, &name, &socket))
		return peer_run(peers, peer_count, name, socket);
	return _cmocka_run_group_tests(group, tests, test_count, open_default_device, close_device);
}
