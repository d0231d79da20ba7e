/* SPDX-License-Identifier: MIT */
/* Finds a program as execvp does, follows a script to its interpreter, and reads the head of an ELF file. */
#include "program.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As in this process' own programs. */
typedef ElfW(Ehdr) elf_header;
typedef ElfW(Phdr) elf_segment;

static bool find_file(const char *command, char path[PATH_MAX]) {
	const char *folders = strchr(command, '/') ? NULL : getenv("PATH");

	if (strchr(command, '/'))
		return snprintf(path, PATH_MAX, "%s", command) < PATH_MAX && !access(path, F_OK);
	for (const char *at = folders; at; at = *at ? at + 1 : NULL) {
		int length = (int)strcspn(at, ":");
		if (snprintf(path, PATH_MAX, "%.*s%s%s", length, at, length ? "/" : "", command) < PATH_MAX &&
			!access(path, X_OK))
			return true;
		at += length;
	}
	return false;
}

static size_t read_head(const char *path, void *head, size_t size) {
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t count = file >= 0 ? pread(file, head, size, 0) : 0;

	if (file >= 0)
		close(file);
	return count > 0 ? (size_t)count : 0;
}

/* Sets `path` to the interpreter of "#!INTERPRETER ARGUMENT"; to ARGUMENT where the interpreter is env(1). */
static bool follow_script(char path[PATH_MAX]) {
	char line[PATH_MAX] = "", *rest = line + 2;
	size_t length = read_head(path, line, sizeof line - 1);

	if (length < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[strcspn(line, "\n")] = '\0';
	const char *interpreter = strtok_r(rest, " \t", &rest);
	const char *name = interpreter ? strrchr(interpreter, '/') : NULL;
	const char *word = NULL;
	if (name && !strcmp(name, "/env"))
		for (word = strtok_r(rest, " \t", &rest); word && (*word == '-' || strchr(word, '='));)
			word = strtok_r(rest, " \t", &rest);
	if (word)
		return find_file(word, path);
	return interpreter && snprintf(path, PATH_MAX, "%s", interpreter) < PATH_MAX;
}

/* Whether a program header names a dynamic linker. Libraries that are run, as ld.so itself, name none either. */
static bool has_linker(const char *path, const elf_header *header) {
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool has = file < 0;

	for (unsigned i = 0; i < header->e_phnum && !has; i++) {
		elf_segment entry;
		off_t at = (off_t)(header->e_phoff + (uint64_t)i * header->e_phentsize);
		has = pread(file, &entry, sizeof entry, at) != sizeof entry || entry.p_type == PT_INTERP;
	}
	if (file >= 0)
		close(file);
	return has;
}

static bool is_own_kind(const unsigned char *ident) {
	const uint16_t one = 1;
	const bool is_big = *(const unsigned char *)&one == 0;

	return ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
	       ident[EI_DATA] == (is_big ? ELFDATA2MSB : ELFDATA2LSB);
}

struct tongs_elf tongs_program_read_elf(const char *path) {
	union {
		unsigned char bytes[sizeof(elf_header)];
		elf_header header;
	} head = {{0}};
	const unsigned char *ident = head.bytes;

	if (read_head(path, &head, sizeof head) < EI_NIDENT + 4 || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return (struct tongs_elf){0};
	const bool is_big = ident[EI_DATA] == ELFDATA2MSB;
	const unsigned char *machine = ident + EI_NIDENT + 2;
	const char *name = strrchr(path, '/');
	return (struct tongs_elf){
		.is_elf = true,
		.is_64_bit = ident[EI_CLASS] == ELFCLASS64,
		.is_big_endian = is_big,
		.machine = is_big ? (uint16_t)(machine[0] << 8 | machine[1]) : (uint16_t)(machine[1] << 8 | machine[0]),
		.is_static = is_own_kind(ident) && !has_linker(path, &head.header) &&
			     strncmp(name ? name + 1 : path, "ld", 2) != 0,
	};
}

bool tongs_program_find(const char *command, struct tongs_program *program) {
	char head[11] = "";

	*program = (struct tongs_program){.path = ""};
	if (!find_file(command, program->path))
		return false;
	memcpy(program->image, program->path, sizeof program->image);
	/* As deep as the kernel follows. */
	for (int i = 0; i < 4 && follow_script(program->image); i++)
		;
	program->elf = tongs_program_read_elf(program->image);
	program->is_app_image = program->elf.is_elf && read_head(program->path, head, sizeof head) == sizeof head &&
				!memcmp(head + 8, "AI", 2);
	return true;
}

bool tongs_program_is_same_machine(const struct tongs_elf *a, const struct tongs_elf *b) {
	return a->machine == b->machine && a->is_64_bit == b->is_64_bit && a->is_big_endian == b->is_big_endian;
}

const char *tongs_program_name_machine(const struct tongs_elf *elf, char text[TONGS_MACHINE_TEXT]) {
	static const struct {
		uint16_t machine;
		bool is_64_bit;
		const char *name;
	} names[] = {
		{EM_X86_64, true, "x86-64"},
		{EM_X86_64, false, "x32"},
		{EM_386, false, "i386"},
		{EM_AARCH64, true, "aarch64"},
		{EM_ARM, false, "arm"},
		{EM_PPC64, true, "ppc64"},
		{EM_RISCV, true, "riscv64"},
		{EM_S390, true, "s390x"},
	};

	snprintf(text, TONGS_MACHINE_TEXT, "ELF machine %u of %d bits", elf->machine, elf->is_64_bit ? 64 : 32);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].machine == elf->machine && names[i].is_64_bit == elf->is_64_bit)
			snprintf(text, TONGS_MACHINE_TEXT, "%s", names[i].name);
	return text;
}
