/* SPDX-License-Identifier: MIT */
/* What a command runs: its file, and the executable that the kernel loads for it. */
#ifndef TONGS_TOOL_PROGRAM_H
#define TONGS_TOOL_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* An executable's head. */
struct tongs_elf {
	bool is_elf; /* else the rest is zero */
	bool is_64_bit;
	bool is_big_endian;
	bool is_static;   /* it names no dynamic linker; false if the file is not of this process' architecture */
	uint16_t machine; /* EM_… */
};

struct tongs_program {
	char path[PATH_MAX];  /* the file that execvp runs */
	char image[PATH_MAX]; /* the same; of a script its interpreter, which env(1) may have found */
	bool is_app_image;
	struct tongs_elf elf; /* of the image */
};

/* `command`: as for execvp. False if there is no such file. */
bool tongs_program_find(const char *command, struct tongs_program *program);

/* Zeroed if the file is no ELF file, or cannot be read. */
struct tongs_elf tongs_program_read_elf(const char *path);

/* "x86-64", "i386", "machine 1234, 64 bits". Returns `text`. */
enum { TONGS_MACHINE_TEXT = 64 };
const char *tongs_program_name_machine(const struct tongs_elf *elf, char text[TONGS_MACHINE_TEXT]);

bool tongs_program_is_same_machine(const struct tongs_elf *a, const struct tongs_elf *b);

#endif
