/* SPDX-License-Identifier: MIT */
/* The layer beside a libtongs of another version: it is not loaded at all, instead of failing at some later call, and
 * the error names the version and both files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <dlfcn.h>

#include <tongs/version.h>

static const char *layer_path, *old_path;

/* In a separate process, because loaded libraries stay. Returns the linker's error; "" on success. */
static void load(const char *first, char *said, size_t size) {
	int ends[2], status;
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (first && !dlopen(first, RTLD_NOW))
			_exit(2);
		void *layer = dlopen(layer_path, RTLD_LAZY);
		const char *error = layer ? NULL : dlerror();
		if (layer && !dlsym(layer, "vkNegotiateLoaderLayerInterfaceVersion"))
			_exit(3);
		if (error && write(ends[1], error, strlen(error)) < 0)
			_exit(4);
		_exit(0);
	}
	close(ends[1]);
	size_t used = 0;
	for (ssize_t got; used < size - 1 && (got = read(ends[0], said + used, size - 1 - used)) > 0;)
		used += (size_t)got;
	said[used] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void its_own_library(void **state) {
	char said[1024];
	(void)state;
	load(NULL, said, sizeof(said));
	assert_string_equal(said, "");
}

static void an_older_library(void **state) {
	char said[1024];
	(void)state;
	load(old_path, said, sizeof(said));
	printf("# %s\n", said);
	assert_non_null(strstr(said, "TONGS_PRIVATE_" TONGS_VERSION));
	assert_non_null(strstr(said, "libtongs-old.so"));
	assert_non_null(strstr(said, "libVkLayer_tongs_metal_interop.so"));
}

int main(int count, char **arguments) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_own_library),
		cmocka_unit_test(an_older_library),
	};
	if (count != 3)
		return 2;
	layer_path = arguments[1];
	old_path = arguments[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
