/* SPDX-License-Identifier: MIT */
/* The program's own malloc, calloc, free, mmap and pthread_create, which the dynamic linker prefers to the C library's.
 */
#define _GNU_SOURCE
#include "interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/syscall.h>

/* Address ranges of the code of Tongs' libraries. */
static struct { uintptr_t begin, end; } ranges[2];
static unsigned range_count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the set of Tongs' blocks */
static long live;                                        /* of them */

static atomic_ullong left = UINT64_MAX;
static atomic_bool failed;

static int add_range(struct dl_phdr_info *info, size_t size, void *user) {
	(void)size;
	(void)user;
	if (!strstr(info->dlpi_name, "/libtongs.so") && !strstr(info->dlpi_name, "/libVkLayer_tongs_metal_interop.so"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum && range_count < 2; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		ranges[range_count].begin = info->dlpi_addr + header->p_vaddr;
		ranges[range_count].end = ranges[range_count].begin + header->p_memsz;
		range_count++;
	}
	return 0;
}

void interpose_begin(void) {
	if (range_count == 0)
		dl_iterate_phdr(add_range, NULL);
}

long interpose_count_live(void) {
	pthread_mutex_lock(&lock);
	long count = live;
	pthread_mutex_unlock(&lock);
	return count;
}

void interpose_fail_after(uint64_t countdown) {
	atomic_store(&left, countdown);
	atomic_store(&failed, false);
}

bool interpose_stop(void) {
	atomic_store(&left, UINT64_MAX);
	return atomic_load(&failed);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* The set of Tongs' blocks, because the caller of free is unknown if it is a tail call. A set with linear probing,
 * never nearly full. */
enum { SLOTS = 1 << 16 };
static void *slots[SLOTS];

static bool is_of_tongs(const void *caller) {
	for (unsigned i = 0; i < range_count; i++)
		if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end)
			return true;
	return false;
}

static size_t home(const void *block) {
	return (size_t)(((uint64_t)(uintptr_t)block * UINT64_C(0x9e3779b97f4a7c15)) >> 48) & (SLOTS - 1);
}

static void note_taken(void *block) {
	pthread_mutex_lock(&lock);
	size_t i = home(block);
	while (slots[i])
		i = (i + 1) & (SLOTS - 1);
	slots[i] = block;
	live++;
	pthread_mutex_unlock(&lock);
}

static void note_given_back(const void *block) {
	pthread_mutex_lock(&lock);
	size_t hole = home(block);
	while (slots[hole] && slots[hole] != block)
		hole = (hole + 1) & (SLOTS - 1);
	if (slots[hole]) {
		/* Each later member of the run moves into the hole unless its home is after it. */
		for (size_t i = (hole + 1) & (SLOTS - 1); slots[i]; i = (i + 1) & (SLOTS - 1)) {
			if (((i - home(slots[i])) & (SLOTS - 1)) >= ((i - hole) & (SLOTS - 1))) {
				slots[hole] = slots[i];
				hole = i;
			}
		}
		slots[hole] = NULL;
		live--;
	}
	pthread_mutex_unlock(&lock);
}

/* The GNU C library's names for its own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void __libc_free(void *block);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void free(void *block);

__attribute__((visibility("default"))) void *malloc(size_t size) {
	void *block = __libc_malloc(size);
	if (block && is_of_tongs(__builtin_return_address(0)))
		note_taken(block);
	return block;
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
	void *block = __libc_calloc(count, size);
	if (block && is_of_tongs(__builtin_return_address(0)))
		note_taken(block);
	return block;
}

__attribute__((visibility("default"))) void free(void *block) {
	if (block && range_count > 0)
		note_given_back(block);
	__libc_free(block);
}

static bool must_fail(const void *caller) {
	bool fails = is_of_tongs(caller) && atomic_load(&left) != UINT64_MAX && atomic_fetch_sub(&left, 1) == 0;
	if (fails)
		atomic_store(&failed, true);
	return fails;
}

__attribute__((visibility("default"))) void *mmap(
	void *address, size_t size, int protection, int flags, int file, off_t offset) {
	if (must_fail(__builtin_return_address(0)))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

__attribute__((visibility("default"))) int pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	if (must_fail(__builtin_return_address(0)))
		return EAGAIN;
	/* POSIX's own way around ISO C, which has no cast from an object's pointer to a function's. */
	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	return next(thread, attributes, start, argument);
}
#endif
