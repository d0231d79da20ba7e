/* SPDX-License-Identifier: MIT */
/* Calls of drivers that no program asked for, by threads of Tongs' own or to know better: no such thread may be inside
 * a driver while its static destructors run at exit. */
#ifndef TONGS_VULKAN_DRIVER_CALL_H
#define TONGS_VULKAN_DRIVER_CALL_H

#include <stdbool.h>

/* False: the process exits, or memory for an exit handler ran out, and the calling thread must call no driver any more.
 * Otherwise exit() waits, for five seconds at most, until tongs_driver_call_end. Drivers that are to be called have
 * been opened. */
bool tongs_driver_call_begin(void);
void tongs_driver_call_end(void);

/* Has `call` called at exit while drivers may still be called, by the thread that exits. One, set while the library is
 * loaded. */
void tongs_driver_call_set_at_exit(void (*call)(void));
/* And `call` after that, when no other thread is inside a driver or will be: the last calls of drivers, without
 * tongs_driver_call_begin. */
void tongs_driver_call_set_at_end(void (*call)(void));

#endif
