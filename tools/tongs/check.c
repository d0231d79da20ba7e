/* SPDX-License-Identifier: MIT */
/* `tongs check`: the loader, the layer, and real bytes through everything that `tongs info` says can be shared. Devices
 * are checked in a process of their own, which a driver may end or hold up. */
#include "commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check_report.h"
#include "client/terminal.h"
#include "client/vulkan.h"
#include "layer_request.h"
#include "loader_log.h"
#include "probe.h"
#include "probe_bytes.h"

static const char help[] =
	"Usage: tongs check [options]\n"
	"\n"
	"Tests whether sharing works on this machine, in at most ten seconds: the Vulkan loader, the\n"
	"drivers, the layer and the layers around it; then, on each device, each handle type in each\n"
	"memory type, with real bytes. Vulkan, Metal, Metal's blits and a second Vulkan device write\n"
	"in turns, and the others must read what was written. Also signals between timeline\n"
	"semaphores and MTLSharedEvents, command queues, blits, render passes and IOSurfaces.\n"
	"\n"
	"Each line is ok, no (it is not there, and why) or FAILED, with what to do about it. If this\n"
	"environment asks for the layer and does not get it, says why.\n"
	"\n"
	"Options:\n"
	"      --device N        only the device of that number in 'tongs info'\n"
	"      --json            JSON instead of text\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            show this text\n"
	"\n"
	"Exit code: 0 if all is well, 1 if something failed or nothing can be shared, 2 for wrong\n"
	"usage.\n";

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { PATIENCE = 60 /* s */ };
#else
enum { PATIENCE = 10 /* s */ };
#endif

static double get_seconds(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct tongs_check_row *add(
	struct tongs_check_report *report, const char *name, enum tongs_check_verdict verdict) {
	return tongs_check_add(report, UINT32_MAX, name, verdict);
}

static void add_loader(struct tongs_check_report *report, const struct tongs_loader_log *log) {
	char version[TONGS_VULKAN_VERSION_SIZE];
	struct tongs_check_row *row = add(report, "loader", *log->path ? TONGS_CHECK_OK : TONGS_CHECK_FAILED);

	if (*log->path) {
		tongs_vulkan_format_version(log->version, version);
		tongs_check_say(row, "Vulkan %s, %s", version, log->path);
	} else {
		tongs_check_say(row, "cannot load the Vulkan loader, libvulkan.so.1");
		tongs_check_mend(row, "on Debian: apt-get install libvulkan1");
	}
}

static void add_drivers(struct tongs_check_report *report, const struct tongs_loader_log *log) {
	const bool none = log->result == VK_ERROR_INCOMPATIBLE_DRIVER;
	struct tongs_check_row *row;

	if (!*log->path)
		return;
	row = add(report, "drivers", none ? TONGS_CHECK_FAILED : TONGS_CHECK_OK);
	size_t length = 0;
	for (unsigned i = 0; i < log->driver_count && length < sizeof row->text; i++)
		length += (size_t)snprintf(
			row->text + length, sizeof row->text - length, "%s%s", i ? ", " : "", log->drivers[i]);
	if (none) {
		tongs_check_say(row, "the Vulkan loader finds none that works");
		tongs_check_mend(row,
			"install a driver, on Debian mesa-vulkan-drivers, whose software driver needs no GPU; unset "
			"VK_DRIVER_FILES, VK_ICD_FILENAMES and VK_LOADER_DRIVERS_DISABLE");
	}
}

static void explain_absence(struct tongs_check_row *row, const char *variable, const struct tongs_loader_log *log) {
	struct tongs_layer_absence absence = {0};

	tongs_layer_request_explain(variable, getauxval(AT_SECURE), &absence);
	tongs_check_say(row, "%s asks for the layer, which is not loaded: %s%s%s", variable, absence.reason,
		log->result == VK_SUCCESS ? "" : "; vkCreateInstance: ",
		log->result == VK_SUCCESS ? "" : tongs_vulkan_result_name(log->result));
	tongs_check_mend(row, "%s", absence.mend);
}

/* With the layer as this program finds it. */
static void add_layer(struct tongs_check_report *report, const struct tongs_loader_log *log) {
	const uint32_t place = tongs_loader_log_find(log, TONGS_LAYER_NAME);
	struct tongs_check_row *row;

	if (log->result == VK_ERROR_INCOMPATIBLE_DRIVER || !*log->path) {
		row = add(report, "layer", TONGS_CHECK_NO);
		tongs_check_say(row, "not tried, without a %s", *log->path ? "driver" : "loader");
	} else if (log->has_tongs) {
		row = add(report, "layer", TONGS_CHECK_OK);
		tongs_check_say(row, TONGS_LAYER_NAME "%s%s",
			place != UINT32_MAX && *log->layers[place].manifest ? ", " : "",
			place != UINT32_MAX ? log->layers[place].manifest : "");
	} else {
		row = add(report, "layer", TONGS_CHECK_FAILED);
		explain_absence(row, "VK_INSTANCE_LAYERS", log);
	}
}

/* Which layers are above Tongs, and which below. */
static void add_order(struct tongs_check_report *report, const struct tongs_loader_log *log) {
	const uint32_t own = tongs_loader_log_find(log, TONGS_LAYER_NAME),
		       validation = tongs_loader_log_find(log, TONGS_VALIDATION_LAYER_NAME);
	size_t length = 0;

	if (!log->has_tongs || own == UINT32_MAX)
		return;
	struct tongs_check_row *row = add(report, "layer order", validation < own ? TONGS_CHECK_NO : TONGS_CHECK_OK);
	length = (size_t)snprintf(row->text, sizeof row->text, "program, ");
	for (uint32_t i = 0; i < log->layer_count && length < sizeof row->text; i++)
		length += (size_t)snprintf(row->text + length, sizeof row->text - length, "%s, ", log->layers[i].name);
	if (length < sizeof row->text)
		snprintf(row->text + length, sizeof row->text - length, "driver");
	if (validation < own)
		tongs_check_mend(row,
			"the validation layer above Tongs rejects Metal's handle types; 'tongs run --validation' puts "
			"it below");
}

/* The environment as other programs get it from the shell. */
static void add_environment(
	struct tongs_check_report *report, const struct tongs_loader_log *log, const char *variable) {
	struct tongs_check_row *row;

	if (!*log->path || log->result == VK_ERROR_INCOMPATIBLE_DRIVER)
		return;
	row = add(report, "environment", variable && !log->has_tongs ? TONGS_CHECK_FAILED : TONGS_CHECK_OK);
	if (variable && log->has_tongs)
		tongs_check_say(row, "%s asks for the layer, and it is loaded", variable);
	else if (variable)
		explain_absence(row, variable, log);
	else if (log->result != VK_SUCCESS) {
		row->verdict = TONGS_CHECK_FAILED;
		tongs_check_say(row, "vkCreateInstance fails: %s", tongs_vulkan_result_name(log->result));
		tongs_check_mend(row, "VK_LOADER_DEBUG=error,layer shows what the Vulkan loader does");
	} else if (log->has_tongs)
		tongs_check_say(row, "the layer is loaded without a variable that asks for it");
	else
		tongs_check_say(row, "no variable asks for the layer; 'tongs run COMMAND' does");
}

static const char broken[] = "try another version of the driver; if that does not help, report it with the output of "
			     "'tongs check --json'";

static void add_metal(struct tongs_check_report *report, uint32_t index, const struct tongs_probe_metal *metal) {
	for (size_t i = 0; i < TONGS_PROBE_FEATURE_COUNT; i++) {
		const bool works = metal->features[i].works, is_broken = metal->features[i].is_broken;
		struct tongs_check_row *row = tongs_check_add(report, index, metal->features[i].name,
			works       ? TONGS_CHECK_OK
			: is_broken ? TONGS_CHECK_FAILED
				    : TONGS_CHECK_NO);
		tongs_check_say(row, "%s", metal->features[i].text);
		if (!works)
			tongs_check_mend(row, "%s",
				is_broken ? broken
					  : "a newer driver may have what is missing; the rest works without it");
	}
}

static struct tongs_check_row *add_kind(struct tongs_check_report *report, uint32_t index,
	const struct tongs_probe_kind *kind, uint32_t memory_types, enum tongs_check_verdict verdict) {
	struct tongs_check_row *row = tongs_check_add(report, index, tongs_probe_get_type_name(kind->type), verdict);

	snprintf(row->resource, sizeof row->resource, "%s", kind->resource);
	row->memory_types = memory_types;
	return row;
}

static enum tongs_layer_memory_kind get_memory(
	const struct tongs_layer_roles *roles, const struct tongs_probe_kind *kind) {
	if (!strcmp(tongs_probe_get_type_name(kind->type), "MTLHEAP"))
		return roles->heaps;
	if (!strcmp(tongs_probe_get_type_name(kind->type), "MTLBUFFER"))
		return roles->buffers;
	return kind->tiling == VK_IMAGE_TILING_LINEAR ? roles->linear_textures : roles->optimal_textures;
}

/* The memory types in which the kind cannot be. */
static void add_others(struct tongs_check_report *report, uint32_t index, const struct tongs_probe_kind *kind,
	enum tongs_layer_memory_kind memory, uint32_t types, uint32_t others) {
	char list[128];

	if (!others)
		return;
	struct tongs_check_row *row = add_kind(report, index, kind, others, TONGS_CHECK_NO);
	tongs_check_format_types(types, list);
	tongs_check_say(row, "%s",
		memory == TONGS_LAYER_MEMORY_HOST_PAGES
			? "it is host pages here, which the driver imports only as other memory types"
			: "memoryTypeBits of such a resource, created for export, leaves it out");
	tongs_check_mend(row, "use memory type%s %s", types & (types - 1) ? "s" : "", list);
}

static void check_kind(struct tongs_check_report *report, uint32_t index, const struct tongs_probe *probe,
	const struct tongs_layer_roles *roles, const struct tongs_probe_bytes *bytes,
	const struct tongs_probe_kind *kind) {
	const struct tongs_probe_row *about = tongs_probe_find_row(probe, kind);
	const uint32_t all = (uint32_t)((UINT64_C(1) << probe->memory.memoryTypeCount) - 1);

	if (!about)
		return;
	if (about->why_not) {
		struct tongs_check_row *row =
			add_kind(report, index, kind, all, about->is_broken ? TONGS_CHECK_FAILED : TONGS_CHECK_NO);
		tongs_check_say(row, "%s", about->why_not);
		tongs_check_mend(row, "%s",
			about->is_broken ? broken
					 : "use a handle type and resource that is ok here, or another driver");
		return;
	}
	for (uint32_t type = 0; type < probe->memory.memoryTypeCount; type++) {
		char text[TONGS_PROBE_BYTES_TEXT];
		if (!(about->memory_types >> type & 1))
			continue;
		snprintf(report->step, sizeof report->step, "%s, %s, memory type %u",
			tongs_probe_get_type_name(kind->type), kind->resource, type);
		const bool right = tongs_probe_bytes_try(bytes, kind, about, type, text);
		struct tongs_check_row *row =
			add_kind(report, index, kind, UINT32_C(1) << type, right ? TONGS_CHECK_OK : TONGS_CHECK_FAILED);
		tongs_check_say(row, "%s", text);
		if (!right)
			tongs_check_mend(row, "%s", broken);
		for (size_t i = 0; i < report->device_count; i++)
			report->devices[i].device.shares |= right && report->devices[i].index == index;
	}
	add_others(report, index, kind, get_memory(roles, kind), about->memory_types, all & ~about->memory_types);
}

static void add_refusal(struct tongs_check_report *report, uint32_t index, const char *why_not) {
	struct tongs_check_row *row = tongs_check_add(report, index, "sharing", TONGS_CHECK_NO);

	tongs_check_say(row, "%s", why_not);
	tongs_check_mend(row,
		"use another device or driver; on Debian, mesa-vulkan-drivers has one that needs no GPU and "
		"shares everything");
}

static void add_failure(struct tongs_check_report *report, uint32_t index, const char *what, const char *why) {
	struct tongs_check_row *row = tongs_check_add(report, index, what, TONGS_CHECK_FAILED);

	tongs_check_say(row, "%s", why);
	tongs_check_mend(row, "%s", broken);
}

static void check_device(struct tongs_check_report *report, const struct tongs_vulkan *vulkan, uint32_t index) {
	static struct tongs_probe probe; /* too large for the stack */
	struct tongs_probe_bytes bytes;
	char error[256];

	if (report->device_count == TONGS_CHECK_MAX_DEVICES)
		return;
	struct tongs_check_device *device = &report->devices[report->device_count].device;
	report->devices[report->device_count++].index = index;
	report->step_device = index;
	snprintf(report->step, sizeof report->step, "what 'tongs info' tries");
	tongs_vulkan_identify(vulkan->devices[index], &device->identity);
	tongs_command_keep_error(error, sizeof error, true);
	const bool probed = tongs_probe_device(vulkan->instance, vulkan->devices[index], &probe);
	if (!probed)
		add_failure(report, index, "queries", *error ? error : "what the queries promise cannot be created");
	if (probe.why_not) {
		add_refusal(report, index, probe.why_not);
	} else if (probe.format_count) {
		const struct tongs_layer_roles roles =
			tongs_layer_status_get_roles(vulkan->instance, probe.identity.ids.deviceUUID);
		tongs_command_keep_error(error, sizeof error, true);
		if (!tongs_probe_bytes_init(&bytes, &probe, vulkan->devices[index])) {
			add_failure(report, index, "two devices", error);
		} else {
			for (size_t i = 0; i < TONGS_PROBE_KIND_COUNT; i++)
				check_kind(report, index, &probe, &roles, &bytes, &tongs_probe_kinds[i]);
		}
		tongs_probe_bytes_finish(&bytes);
		add_metal(report, index, &probe.metal);
	}
	tongs_command_keep_error(NULL, 0, false);
	report->step_device = UINT32_MAX;
}

/* In the child. `only`: UINT32_MAX for all devices. */
static void check_devices(struct tongs_check_report *report, uint32_t only) {
	struct tongs_vulkan vulkan;

	snprintf(report->step, sizeof report->step, "creating an instance");
	tongs_command_keep_error(report->error, sizeof report->error, true);
	if (!tongs_vulkan_init(&vulkan))
		return;
	if (only != UINT32_MAX && only >= vulkan.device_count)
		tongs_command_error(
			"no device has number %u; there are %u, numbered from 0", only, vulkan.device_count);
	tongs_command_keep_error(NULL, 0, false);
	for (uint32_t i = 0; i < vulkan.device_count; i++)
		if (only == UINT32_MAX || i == only)
			check_device(report, &vulkan, i);
	snprintf(report->step, sizeof report->step, "destroying the instance");
	tongs_vulkan_finish(&vulkan);
}

/* What the child did not say itself. `status`: as from waitpid. */
static void report_end(struct tongs_check_report *report, int status) {
	if (WIFEXITED(status) && !WEXITSTATUS(status) && report->is_finished)
		return;
	struct tongs_check_row *row = tongs_check_add(
		report, report->step_device, report->is_finished ? "end" : "all steps", TONGS_CHECK_FAILED);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		tongs_check_say(row, "not finished in %d s, in the step: %s", PATIENCE, report->step);
	else if (WIFSIGNALED(status))
		tongs_check_say(row, "the process that checks was ended by signal %d (%s), in the step: %s",
			WTERMSIG(status), strsignal(WTERMSIG(status)), report->step);
	else
		tongs_check_say(row, "the process that checks ended with status %d, in the step: %s",
			WEXITSTATUS(status), report->step);
	tongs_check_mend(row, "%s", broken);
}

static int wait_for(pid_t child, const struct tongs_check_report *report) {
	const struct timespec pause = {.tv_nsec = 20000000};
	const bool shows = tongs_terminal_shows_progress();
	int status = 0;

	for (;;) {
		const pid_t ended = waitpid(child, &status, shows ? WNOHANG : 0);
		if (ended == child || (ended < 0 && errno != EINTR))
			break;
		if (report->step_device != UINT32_MAX)
			tongs_terminal_show_progress("checking device %u: %s", report->step_device, report->step);
		else
			tongs_terminal_show_progress("checking: %s", report->step);
		nanosleep(&pause, NULL);
	}
	tongs_terminal_end_progress();
	return status;
}

static void check_in_child(struct tongs_check_report *report, uint32_t only, double started) {
	fflush(NULL);
	const pid_t child = fork();

	if (child < 0) {
		snprintf(report->error, sizeof report->error, "cannot start a process: %s", strerror(errno));
	} else if (child == 0) {
		const double left = PATIENCE - (get_seconds() - started);
		tongs_loader_log_limit(left > 1 ? (unsigned)left : 1);
		check_devices(report, only);
		report->is_finished = true;
		exit(0); /* not _exit: drivers may object at the end */
	} else {
		report_end(report, wait_for(child, report));
	}
}

/* Enters the report's error: where no driver was found, it says more of that. */
static void add_error(struct tongs_check_report *report, const char *name) {
	struct tongs_check_row *row = NULL;

	for (size_t i = 0; i < report->row_count && !row; i++)
		if (!strcmp(report->rows[i].name, "drivers") && report->rows[i].verdict == TONGS_CHECK_FAILED)
			row = &report->rows[i];
	if (!row)
		row = add(report, name, TONGS_CHECK_FAILED);
	tongs_check_say(row, "%s", report->error);
	/* Messages say what is wrong, then the next step: on the last line, or after a semicolon. */
	char *next = strrchr(row->text, '\n');
	next = next ? next : strstr(row->text, "; ");
	if (next) {
		*next = '\0';
		tongs_check_mend(row, "%s", next + 1 + (next[1] == ' '));
	}
	for (char *c = row->text; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
}

static bool check(struct tongs_check_report *report, const char *layer, uint32_t only) {
	const double started = get_seconds();
	const char *variable = tongs_layer_request_find();
	static struct tongs_loader_log logs[2]; /* too large for the stack */
	struct tongs_loader_log *given = &logs[0], *own = &logs[1];

	report->step_device = UINT32_MAX;
	tongs_command_keep_error(report->error, sizeof report->error, true);
	bool done = tongs_loader_log_read(given);
	if (done) {
		add_loader(report, given);
		add_drivers(report, given);
		add_environment(report, given, variable);
	}
	done = done && tongs_vulkan_use_layer(layer) && tongs_loader_log_read(own);
	tongs_command_keep_error(NULL, 0, false);
	if (done) {
		add_layer(report, own);
		add_order(report, given->has_tongs ? given : own);
		check_in_child(report, only, started);
	}
	if (*report->error)
		add_error(report, done ? "devices" : "layer");
	report->seconds = get_seconds() - started;
	return tongs_check_is_good(report);
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	struct tongs_check_report *report =
		mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *layer = NULL;
	uint32_t index = UINT32_MAX;
	bool as_json = false;
	const struct tongs_command_option options[] = {
		{"device", .index = &index},
		{"json", .flag = &as_json},
		{"layer-path", .text = &layer},
		{0},
	};
	int code = tongs_command_parse(self, options, false, argc, argv);

	if (code < 0 && report == MAP_FAILED) {
		tongs_command_error("cannot check: memory has run out");
		code = TONGS_EXIT_FAILED;
	} else if (code < 0) {
		code = check(report, layer, index) ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
		if (!as_json)
			tongs_check_print(stdout, report);
		else if (!tongs_check_write_json(stdout, report))
			code = TONGS_EXIT_FAILED;
	}
	if (report != MAP_FAILED)
		munmap(report, sizeof *report);
	return code;
}

const struct tongs_command tongs_command_check = {
	.name = "check",
	.summary = "test whether sharing works on this machine, and what to do if not",
	.help = help,
	.main = run,
};
