/* SPDX-License-Identifier: MIT */
/* What the mock driver has done in the process. Its library exports vk_mockGetCounts, so that a program finds it with
 * dlsym. */
#ifndef TONGS_TESTS_MOCK_COUNTS_H
#define TONGS_TESTS_MOCK_COUNTS_H

struct mock_counts {
	unsigned memories;     /* that live, of all kinds */
	unsigned imports, fds; /* imports of OPAQUE_FD and file descriptors given out, ever */
	unsigned semaphore_imports;
	unsigned waits;                /* batches that waited on other queues than a device's first */
	unsigned destroyed_semaphores; /* that were shared */
	unsigned late_waits;           /* for semaphores for which another thread waited, too */
	unsigned failures;             /* of vk_mockFail, that have come */
};

#endif
