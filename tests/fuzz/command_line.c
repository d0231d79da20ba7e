/* SPDX-License-Identifier: MIT */
/* The `tongs` program's arguments and the variables that it reads. It stops where Vulkan would begin. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "client/vulkan.h"
#include "input.h"

enum { WORDS = 12, WORD_SIZE = 48 };

/* main, renamed since libFuzzer has its own. */
int tongs_main(int argc, char **argv);

int __real_tongs_vulkan_use_layer(const char *given);
int __wrap_tongs_vulkan_use_layer(const char *given);
int __wrap_tongs_vulkan_use_layer(const char *given) {
	__real_tongs_vulkan_use_layer(given);
	return false;
}

bool __wrap_tongs_loader_log_read(void *log);
bool __wrap_tongs_loader_log_read(void *log) {
	(void)log;
	return false;
}

static bool started;

int __wrap_execvp(const char *file, char *const argv[]);
int __wrap_execvp(const char *file, char *const argv[]) {
	REQUIRE(file == argv[0]);
	started = true;
	errno = strchr(file, '/') ? EACCES : ENOENT;
	return -1;
}

static const char *const words[] = {"run", "info", "check", "demo", "bench", "help", "--help", "-h", "--version", "-V",
	"--all", "--json", "--device", "--filter", "--out", "--layer-path", "--validation", "--print-env", "--quick",
	"--", "-", "0", "1", "4294967295", "99999999999999999999", "-1", "0x1", "", "--device=0", "--filter=a",
	"--json=/dev/null", "--dev", "--layer-path=/", "-hV", "call", "src/layer"};

/* A word of the command line, or any text. */
static char *choose_word(struct input *input, char text[WORD_SIZE]) {
	unsigned row = choose(input, sizeof(words) / sizeof(*words) + 4);
	if (row < sizeof(words) / sizeof(*words))
		return strcpy(text, words[row]);
	size_t length = choose(input, WORD_SIZE - 1);
	for (size_t i = 0; i < length; i++)
		text[i] = (char)take(input, 1);
	text[length] = '\0';
	return text;
}

static void set_environment(struct input *input) {
	for (const char *const *name = tongs_vulkan_layer_variables; *name; name++) {
		static const char *const values[] = {"", ":", "/a:/b", "VK_LAYER_TONGS_metal_interop",
			"VK_LAYER_KHRONOS_validation:VK_LAYER_TONGS_metal_interop", "::/a::", "/a:/a:/a"};
		char text[WORD_SIZE];
		if (!choose(input, 3))
			unsetenv(*name);
		else if (choose(input, 4))
			setenv(*name, CHOOSE_FROM(input, values), 1);
		else
			setenv(*name, choose_word(input, text), 1);
	}
}

/* Redirects stdout and stderr to /dev/null until restored. */
static void redirect(int saved[2]) {
	static int nowhere = -1;
	if (nowhere < 0)
		nowhere = open("/dev/null", O_WRONLY);
	for (int i = 0; i < 2; i++) {
		saved[i] = dup(i + 1);
		dup2(nowhere, i + 1);
	}
}

static void put_back(const int saved[2]) {
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	struct input input = {bytes, size};
	char text[WORDS][WORD_SIZE] = {"tongs"}, *argv[WORDS + 1] = {text[0]};
	int argc = 1, saved[2];
	set_environment(&input);
	while (input.left && argc < WORDS) {
		argv[argc] = choose_word(&input, text[argc]);
		argc++;
	}
	started = false;
	optind = 0;
	redirect(saved);
	int code = tongs_main(argc, argv);
	put_back(saved);
	REQUIRE(code == 0 || code == 1 || code == 2 || (code >= 125 && code <= 127));
	REQUIRE(!started || code == 126 || code == 127);
	return 0;
}
