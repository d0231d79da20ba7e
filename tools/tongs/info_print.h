/* SPDX-License-Identifier: MIT */
/* What `tongs info` reports about a device. */
#ifndef TONGS_TOOL_INFO_PRINT_H
#define TONGS_TOOL_INFO_PRINT_H

#include "json.h"
#include "probe.h"

enum tongs_info_detail {
	TONGS_INFO_SCREEN,  /* formats counted by families and shapes */
	TONGS_INFO_SUMMARY, /* a line for the device */
	TONGS_INFO_GROUPS,  /* formats with equal rows together */
	TONGS_INFO_ALL,     /* a line for each row */
};

struct tongs_info_view {
	enum tongs_info_detail detail;
	const struct tongs_format *format; /* of all formats, that one alone; NULL: all */
};

/* Prints to stdout, wrapped to the terminal's width. Returns false after a message if memory runs out. */
bool tongs_info_print(uint32_t index, const struct tongs_probe *probe, const struct tongs_info_view *view);
/* Of the view, only the format counts. */
void tongs_info_add_json(
	cJSON *devices, uint32_t index, const struct tongs_probe *probe, const struct tongs_info_view *view);

#endif
