/* SPDX-License-Identifier: MIT */
/* `tongs info --metal`. */
#ifndef TONGS_TOOL_INFO_METAL_H
#define TONGS_TOOL_INFO_METAL_H

#include <stdbool.h>

/* Prints what each method of Metal's classes does. False after a message if memory runs out. */
bool tongs_info_print_metal(bool as_json);

#endif
