/* SPDX-License-Identifier: MIT */
/* The types of the Mach kernel that Metal's functions take; there are no functions. */
#ifndef TONGS_APPLE_MACH_MACH_H
#define TONGS_APPLE_MACH_MACH_H

#include <stdint.h>

#include <IOSurface/IOSurfaceTypes.h> /* kern_return_t */

typedef uint32_t mach_port_t;
typedef mach_port_t task_t;
typedef mach_port_t task_id_token_t;

#define KERN_SUCCESS 0
#define KERN_INVALID_ARGUMENT 4
#define KERN_FAILURE 5

#endif
