/* SPDX-License-Identifier: MIT */
/* libdispatch's header where it is installed, else the names of its types, for declarations that mention them. */
#ifndef TONGS_APPLE_DISPATCH_H
#define TONGS_APPLE_DISPATCH_H

#pragma GCC system_header /* or #include_next is a warning */

#if __has_include_next(<dispatch/dispatch.h>)
#include_next <dispatch/dispatch.h>
#else

typedef struct dispatch_queue_s *dispatch_queue_t;
typedef struct dispatch_data_s *dispatch_data_t;
typedef struct dispatch_semaphore_s *dispatch_semaphore_t;
typedef struct dispatch_group_s *dispatch_group_t;
typedef void (*dispatch_function_t)(void *context);
#ifdef __BLOCKS__
typedef void (^dispatch_block_t)(void);
#endif

#endif
#endif
