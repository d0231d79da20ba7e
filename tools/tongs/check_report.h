/* SPDX-License-Identifier: MIT */
/* What `tongs check` found: verdicts, shown as tables and as JSON. */
#ifndef TONGS_TOOL_CHECK_REPORT_H
#define TONGS_TOOL_CHECK_REPORT_H

#include "client/vulkan.h"

#include <stdio.h>

enum { TONGS_CHECK_MAX_ROWS = 1024, TONGS_CHECK_MAX_DEVICES = 16, TONGS_CHECK_TEXT = 1024 };

enum tongs_check_verdict {
	TONGS_CHECK_OK,
	TONGS_CHECK_NO,     /* not there, for a reason */
	TONGS_CHECK_FAILED, /* it should work, and does not */
};

struct tongs_check_row {
	uint32_t device;       /* number; UINT32_MAX: the machine */
	char name[40];         /* "loader", "MTLBUFFER", "MTLSharedEvent", … */
	char resource[16];     /* of handle types: "buffer", …; "": none */
	uint32_t memory_types; /* bits; 0: none */
	enum tongs_check_verdict verdict;
	char text[TONGS_CHECK_TEXT]; /* what works, or what is wrong; may be "" */
	char mend[TONGS_CHECK_TEXT]; /* what to do; "": nothing */
};

struct tongs_check_device {
	struct tongs_vulkan_identity identity;
	VkPhysicalDeviceMemoryProperties memory;
	bool shares; /* bytes came through one handle type at least */
};

/* In memory that the processes which check share. */
struct tongs_check_report {
	double seconds;
	char error[TONGS_CHECK_TEXT]; /* why no device was checked; "": some were */
	bool is_finished;             /* by the process that checks devices */
	char step[128];               /* what it is at */
	uint32_t step_device;         /* UINT32_MAX: none */
	size_t device_count, row_count;
	struct {
		uint32_t index; /* as vkEnumeratePhysicalDevices counts */
		struct tongs_check_device device;
	} devices[TONGS_CHECK_MAX_DEVICES];
	struct tongs_check_row rows[TONGS_CHECK_MAX_ROWS];
};

/* Returns a new row with "" in its texts. When there is no room, the last. */
struct tongs_check_row *tongs_check_add(
	struct tongs_check_report *report, uint32_t device, const char *name, enum tongs_check_verdict verdict);

/* Write to a row's `text` and `mend`. */
void tongs_check_say(struct tongs_check_row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tongs_check_mend(struct tongs_check_row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "0, 2, 3" */
void tongs_check_format_types(uint32_t memory_types, char text[128]);

/* Nothing failed, and one device at least can share. */
bool tongs_check_is_good(const struct tongs_check_report *report);

void tongs_check_print(FILE *file, const struct tongs_check_report *report);
/* Returns false after a message if memory runs out; the caller checks `file` for errors. */
bool tongs_check_write_json(FILE *file, const struct tongs_check_report *report);

#endif
