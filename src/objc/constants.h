/* SPDX-License-Identifier: MIT */
/* Metal's constant strings. */
#ifndef TONGS_OBJC_CONSTANTS_H
#define TONGS_OBJC_CONSTANTS_H

/* Makes them objects, while the library is loaded. */
void tongs_constants_init(void);

#endif
