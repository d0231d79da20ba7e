/* SPDX-License-Identifier: MIT */
/* What `tongs run` sees in a program before it starts it: another architecture, no dynamic linker, sandboxes. The
 * loader's variables are in test_always_on.c, which also asks the loader; programs with privileges in
 * test_command_line.c. */
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"

static const char *tongs, *layer_folder;
static char folder[] = "/tmp/tongs-obstacles-XXXXXX";
static char search_path[4096]; /* PATH=…, `folder` first */

static void write_program(const char *name, const void *bytes, size_t size) {
	char path[sizeof folder + 64];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

/* This program's own head, for the tests to change. */
static ElfW(Ehdr) own_head(void) {
	ElfW(Ehdr) head;
	FILE *file = fopen("/proc/self/exe", "r");
	assert_non_null(file);
	assert_int_equal(fread(&head, sizeof head, 1, file), 1);
	fclose(file);
	head.e_phnum = 0;
	return head;
}

/* Runs `tongs run` with these words. */
static struct process run(const char *const *words) {
	const char *arguments[12] = {tongs, "run"};
	for (size_t i = 0; words[i]; i++) {
		assert_true(i < 9);
		arguments[i + 2] = words[i];
	}
	return process_run(arguments,
		(const char *const[]){search_path, "VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS",
			/* Not under the checkers of the test's own build: shells do not survive them. */
			"LD_PRELOAD", NULL});
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Asserts one warning with all `parts`; without any, that nothing is written. */
static void check_warning(const char *const *words, const char *const *parts) {
	struct process process = run(words);
	assert_int_equal(process_count(process.err, "tongs: run: '"), parts[0] != NULL);
	for (const char *const *part = parts; *part; part++)
		if (!strstr(process.err, *part))
			fail_msg("'%s' is not in: %s", *part, process.err);
	process_finish(&process);
}

static void ordinary_programs_are_left_alone(void **state) {
	static const char script[] = "#!/bin/sh\nexit 7\n", by_env[] = "#!/usr/bin/env -S sh\nexit 7\n";
	(void)state;
	write_program("script", script, strlen(script));
	write_program("by-env", by_env, strlen(by_env));
	check_warning(LIST("true"), LIST(NULL));
	check_warning(LIST(tongs, "--version"), LIST(NULL));
	for (int i = 0; i < 2; i++) {
		struct process process = run(LIST(i ? "by-env" : "script"));
		assert_int_equal(process.status, 7);
		assert_string_equal(process.err, "");
		process_finish(&process);
	}
}

static void another_architecture(void **state) {
	char line[128];
	ElfW(Ehdr) head = own_head();
	(void)state;
	head.e_machine = EM_S390;
	write_program("mainframe", &head, sizeof head);
	check_warning(LIST("mainframe"), LIST("'mainframe' is a program for", "--layer-path"));
	/* Of a script, the interpreter's counts. */
	snprintf(line, sizeof line, "#!%s/mainframe -x\n", folder);
	write_program("its-script", line, strlen(line));
	check_warning(LIST("its-script"), LIST("'its-script', run by", "/mainframe is a program for"));
	snprintf(line, sizeof line, "#! /usr/bin/env -S A=b mainframe\n");
	write_program("its-env", line, strlen(line));
	check_warning(LIST("its-env"), LIST("'its-env', run by", "/mainframe is a program for"));

	head = own_head();
	head.e_ident[EI_CLASS] = head.e_ident[EI_CLASS] == ELFCLASS64 ? ELFCLASS32 : ELFCLASS64;
	head.e_machine = EM_386;
	write_program("small", &head, sizeof head);
	check_warning(LIST("small"), LIST("is a program for i386, and the layer is for"));
	head = own_head();
	head.e_ident[EI_DATA] = head.e_ident[EI_DATA] == ELFDATA2LSB ? ELFDATA2MSB : ELFDATA2LSB;
	write_program("swapped", &head, sizeof head);
	check_warning(LIST("swapped"), LIST("'swapped' is a program for"));
}

static void without_a_dynamic_linker(void **state) {
	ElfW(Ehdr) head = own_head();
	(void)state;
	write_program("static", &head, sizeof head);
	check_warning(LIST("static"), LIST("'static' is statically linked", "libvulkan.so.1"));
	write_program("ld-own.so.2", &head, sizeof head);
	check_warning(LIST("ld-own.so.2"), LIST(NULL));
}

/* They are not taken for anything, and do not end `tongs`: a head that is cut, segments outside the file, a script that
 * is its own interpreter, a name without an interpreter, a pipe that nobody writes to. */
static void damaged_programs(void **state) {
	char line[128];
	ElfW(Ehdr) head = own_head();
	(void)state;
	write_program("cut", &head, 17);
	head.e_phnum = 65535;
	head.e_phoff = (ElfW(Off)) - 1;
	write_program("outside", &head, sizeof head);
	snprintf(line, sizeof line, "#!%s/round\n", folder);
	write_program("round", line, strlen(line));
	write_program("empty-name", "#! \n", 4);
	write_program("nothing", "", 0);
	for (const char *const *name = LIST("cut", "outside", "round", "empty-name", "nothing"); *name; name++) {
		struct process process = run(LIST(*name));
		assert_true(process.status < 256);
		assert_int_equal(process_count(process.err, "is statically linked"), 0);
		assert_int_equal(process_count(process.err, "is a program for"), 0);
		process_finish(&process);
	}
}

static void sandboxes(void **state) {
	static const char wrapper[] = "#!/bin/sh\necho started \"$VK_INSTANCE_LAYERS\"\n";
	char bound[2048], mounted[4096], inside[4096];
	(void)state;
	/* The build tree's src is the folder of libtongs, and has the layer's. */
	snprintf(bound, sizeof bound, "%s", layer_folder);
	*strrchr(bound, '/') = '\0';
	snprintf(mounted, sizeof mounted, "%s:/elsewhere:ro", bound);
	snprintf(inside, sizeof inside, "--filesystem=%s:ro", bound);
	const struct {
		const char *words[9];
		const char *parts[4];
	} rows[] = {
		{{"bwrap", "--ro-bind", "/usr", "/usr", "--chdir", "/", "program"},
			{"'bwrap' starts its program in a sandbox", "--ro-bind ", bound}},
		{{"bwrap", "--ro-bind", "/", "/elsewhere", "program"}, {"--ro-bind ", bound}},
		{{"bwrap", "--bind", "/", "/", "program"}, {NULL}},
		{{"bwrap", "--dev-bind-try", bound, bound, "program"}, {NULL}},
		{{"bwrap", "--ro-bind"}, {"--ro-bind ", bound}},
		{{"bwrap", "--bind", "/", "/", "--clearenv", "program"},
			{"--setenv VK_ADD_LAYER_PATH ", "--setenv VK_INSTANCE_LAYERS VK_LAYER_TONGS_metal_interop"}},
		{{"flatpak", "run", "org.example.Game"}, {"'flatpak' starts", "--filesystem=", ":ro"}},
		{{"flatpak", "run", inside, "org.example.Game"}, {NULL}},
		{{"flatpak", "list"}, {NULL}},
		{{"snap", "run", "game"}, {"--classic"}},
		{{"snap", "list"}, {NULL}},
		{{"firejail", "program"}, {"--noprofile", "--whitelist="}},
		{{"firejail", "--noprofile", "program"}, {NULL}},
		{{"sudo", "-E", "program"}, {NULL}},
		{{"docker", "run", "image"}, {"-v ", ":ro", "-e VK_INSTANCE_LAYERS"}},
		{{"docker", "run", "-v", mounted, "image"}, {"-e VK_INSTANCE_LAYERS"}},
		{{"docker", "run", "-v", mounted, "-e", "VK_INSTANCE_LAYERS", "image"}, {NULL}},
		{{"docker", "ps"}, {NULL}},
		{{"podman", "run", "image"}, {"'podman' starts", "-v "}},
		{{"sudo", "program"}, {"put 'tongs run' behind it"}},
		{{"chroot", "/nowhere", "program"}, {"bind-mount", bound}},
		{{"chroot", "--userspec=1:1", "/", "program"}, {NULL}},
		{{"chroot"}, {NULL}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		write_program(rows[i].words[0], wrapper, strlen(wrapper));
		check_warning(rows[i].words, rows[i].parts);
		/* It starts all the same. */
		struct process process = run(rows[i].words);
		assert_int_equal(process.status, 0);
		assert_string_equal(process.out, "started VK_LAYER_TONGS_metal_interop\n");
		process_finish(&process);
	}
}

/* A snap's command is a link to snap, flatpak exports scripts, and an AppImage is known by its head. */
static void sandboxes_by_other_names(void **state) {
	static const char script[] = "#!/bin/sh\nexit 0\n";
	ElfW(Ehdr) head = own_head();
	char path[sizeof folder + 64], target[sizeof folder + 64];
	(void)state;
	write_program("snap", script, strlen(script));
	snprintf(target, sizeof target, "%s/snap", folder);
	snprintf(path, sizeof path, "%s/game", folder);
	assert_int_equal(symlink(target, path), 0);
	check_warning(LIST("game"), LIST("'game' starts its program in a sandbox", "--classic"));

	for (const char *const *part = LIST("", "/flatpak", "/flatpak/exports", "/flatpak/exports/bin"); *part;
		part++) {
		snprintf(path, sizeof path, "%s/share%s", folder, *part);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	write_program("share/flatpak/exports/bin/org.example.Game", script, strlen(script));
	snprintf(path, sizeof path, "%s/share/flatpak/exports/bin/org.example.Game", folder);
	check_warning(LIST(path), LIST("org.example.Game' starts its program", "--filesystem="));

	memcpy(head.e_ident + 8, "AI\2", 3);
	write_program("game.AppImage", &head, sizeof head);
	check_warning(LIST("game.AppImage"), LIST("is an AppImage", "--appimage-extract"));
}

static int make_folder(void **state) {
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(search_path, sizeof search_path, "PATH=%s:%s", folder, getenv("PATH"));
	return 0;
}

static int remove_folder(void **state) {
	struct process process = RUN("rm", "-r", folder);
	(void)state;
	process_finish(&process);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_programs_are_left_alone),
		cmocka_unit_test(another_architecture),
		cmocka_unit_test(without_a_dynamic_linker),
		cmocka_unit_test(damaged_programs),
		cmocka_unit_test(sandboxes),
		cmocka_unit_test(sandboxes_by_other_names),
	};
	tongs = getenv("TONGS");
	layer_folder = getenv("LAYER_FOLDER");
	if (!tongs || !layer_folder) {
		fputs("TONGS and LAYER_FOLDER must name the program and the layer's folder\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests_name("tongs run: obstacles", tests, make_folder, remove_folder);
}
