/* SPDX-License-Identifier: MIT */
/* Forks, has the loader log to a file, and reads it. */
#include "loader_log.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command.h"
#include "layer_status.h"

/* What the child reports, in shared memory. */
struct answer {
	char path[TONGS_LOADER_TEXT];
	uint32_t version;
	VkResult result;
	bool has_tongs;
};

enum { PATIENCE = 3 /* s */ };

void tongs_loader_log_limit(unsigned seconds) {
	sigset_t set;

	signal(SIGALRM, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	alarm(seconds);
}

/* In the child, which never returns to the caller's code: no destructors of drivers, no buffers of stdio. */
static void create_instance(struct answer *answer) {
	const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.pApplicationName = "tongs",
		.apiVersion = TONGS_VULKAN_API_VERSION};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	VkInstance instance;
	Dl_info where;

	tongs_loader_log_limit(PATIENCE);
	if (setenv("VK_LOADER_DEBUG", "error,layer,driver", 1) || volkInitialize() != VK_SUCCESS)
		return;
	if (dladdr((void *)(uintptr_t)vkGetInstanceProcAddr, &where) && where.dli_fname)
		snprintf(answer->path, sizeof answer->path, "%s", where.dli_fname);
	answer->version = volkGetInstanceVersion();
	answer->result = vkCreateInstance(&info, NULL, &instance);
	answer->has_tongs = tongs_layer_status_is_loaded();
}

/* Copies what follows `key` in `line`, up to `end` or the line's own. Returns whether `key` is there. */
static bool take(const char *line, const char *key, const char *end, char *text, size_t size) {
	const char *at = strstr(line, key);

	if (!at)
		return false;
	at += strlen(key);
	at += strspn(at, " ");
	snprintf(text, size, "%.*s", (int)strcspn(at, end), at);
	return true;
}

static void add_driver(struct tongs_loader_log *log, const char *manifest) {
	for (unsigned i = 0; i < log->driver_count; i++)
		if (!strcmp(log->drivers[i], manifest))
			return;
	if (log->driver_count < TONGS_LOADER_MAX_DRIVERS)
		snprintf(log->drivers[log->driver_count++], TONGS_LOADER_TEXT, "%s", manifest);
}

/* A line of the list from the program to the drivers: a layer, or a property of the last one. */
static void read_layer(struct tongs_loader_log *log, const char *line) {
	struct tongs_loader_layer *last = log->layer_count ? &log->layers[log->layer_count - 1] : NULL;
	const char *colon = strchr(line, ':');
	const char *text = colon ? colon + 1 : line;

	text += strspn(text, " ");
	if (!strncmp(text, "VK_LAYER_", 9) && log->layer_count < TONGS_LOADER_MAX_LAYERS) {
		last = &log->layers[log->layer_count++];
		snprintf(last->name, sizeof last->name, "%.*s", (int)strcspn(text, " \r"), text);
	} else if (last && !take(text, "Manifest:", "\r", last->manifest, sizeof last->manifest)) {
		take(text, "Library:", "\r", last->library, sizeof last->library);
	}
}

void tongs_loader_log_parse(struct tongs_loader_log *log, char *text) {
	bool in_list = false;
	char manifest[TONGS_LOADER_TEXT], *rest;

	log->layer_count = log->driver_count = 0;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strstr(line, "vkCreateInstance layer callstack setup to:")) {
			in_list = true;
			log->layer_count = 0;
		} else if (strstr(line, "<Drivers>")) {
			in_list = false;
		} else if (in_list) {
			read_layer(log, line);
		} else if (take(line, "Found ICD manifest file", ",\r", manifest, sizeof manifest)) {
			add_driver(log, manifest);
		}
	}
}

uint32_t tongs_loader_log_find(const struct tongs_loader_log *log, const char *layer) {
	for (uint32_t i = 0; i < log->layer_count; i++)
		if (!strcmp(log->layers[i].name, layer))
			return i;
	return UINT32_MAX;
}

static char *read_all(int file) {
	const off_t size = lseek(file, 0, SEEK_END);
	char *text = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;

	if (text && pread(file, text, (size_t)size, 0) != size) {
		free(text);
		return NULL;
	}
	return text;
}

/* Returns the log, or NULL with errno set. */
static char *run(struct answer *answer) {
	const int file = memfd_create("log", MFD_CLOEXEC);
	const pid_t child = file < 0 ? -1 : fork();
	char *text = NULL;

	if (child == 0) {
		if (dup2(file, STDERR_FILENO) >= 0)
			create_instance(answer);
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (child > 0)
		text = read_all(file);
	if (file >= 0)
		close(file);
	return text;
}

bool tongs_loader_log_read(struct tongs_loader_log *log) {
	struct answer *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *text = NULL;

	*log = (struct tongs_loader_log){.result = VK_ERROR_UNKNOWN};
	if (answer != MAP_FAILED) {
		answer->result = VK_ERROR_UNKNOWN;
		text = run(answer);
	}
	if (!text) {
		tongs_command_error("cannot start a process that looks at the Vulkan loader: %s", strerror(errno));
	} else {
		memcpy(log->path, answer->path, sizeof log->path);
		log->version = answer->version;
		log->result = answer->result;
		log->has_tongs = answer->has_tongs;
		tongs_loader_log_parse(log, text);
	}
	if (answer != MAP_FAILED)
		munmap(answer, sizeof *answer);
	const bool done = text;
	free(text);
	return done;
}
