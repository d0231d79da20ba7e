/* SPDX-License-Identifier: MIT */
/* For debugging: with TONGS_LEAKS=1 the objects that are still alive when the process exits are told. */
#ifndef TONGS_METAL_LEAKS_H
#define TONGS_METAL_LEAKS_H

/* Called when the library is loaded, if at all. A child by fork, whose objects are its parent's, tells nothing. */
void tongs_leaks_enable(void);

#endif
