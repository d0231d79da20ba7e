/* SPDX-License-Identifier: MIT */
/* What `tongs info` reports about a device. */
#ifndef TONGS_TOOL_INFO_PRINT_H
#define TONGS_TOOL_INFO_PRINT_H

#include "json.h"
#include "probe.h"

/* Prints to stdout: formats with equal rows together, or, with `all`, a line for each. */
void tongs_info_print(uint32_t index, const struct tongs_probe *probe, bool all);
void tongs_info_add_json(cJSON *devices, uint32_t index, const struct tongs_probe *probe);

#endif
