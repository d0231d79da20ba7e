#!/bin/sh
# SPDX-License-Identifier: MIT
# The test suite under AddressSanitizer and UndefinedBehaviorSanitizer, then under ThreadSanitizer; without the suite
# `host`, whose programs bring checkers and compilers of their own. Then the quick ones of the tests under valgrind, which
# sees reads of uninitialized memory.
set -u
cd "$(dirname "$0")/.."
here=$PWD/scripts

# LeakSanitizer loses the roots, and the names, of a driver that the Vulkan loader has unloaded: nothing is unloaded here.
keep_loaded() {
	echo 'int dlclose(void *handle) { (void)handle; return 0; }' | gcc -shared -fPIC -x c - -o "$1"
}

suite() {
	folder=$1 title=$2 sanitizers=$3 library=$4
	shift 4
	test -f "$folder/build.ninja" || CC=gcc meson setup "$folder" -Db_sanitize="$sanitizers" >/dev/null || return 1
	keep_loaded "$PWD/$folder/keep.so" || return 1
	# First of all libraries, so that vulkaninfo can load an instrumented layer.
	runtime=$(gcc -print-file-name="$library")
	scripts/run-tests.sh "$folder" "$title" --no-suite host --no-suite profiles --timeout-multiplier 10 \
		--wrapper "$* env LD_PRELOAD=$runtime:$PWD/$folder/keep.so"
}

# In the folder of `make test`, whose log stays.
memcheck() {
	test -f build/build.ninja || meson setup build >/dev/null || return 1
	meson configure build -Dtests=true
	for test in base buffer device heap own_device pixel_format ranges registry texels texture texture_shape view; do
		set -- "$@" "metal $test"
	done
	for test in asked buffers images entry given chain map; do
		set -- "$@" "layer $test"
	done
	LOG=valgrind scripts/run-tests.sh build valgrind "$@" --timeout-multiplier 10 \
		--wrapper "$here/memcheck.sh definite"
}

export ASAN_OPTIONS="verify_asan_link_order=0:detect_stack_use_after_return=1"
export LSAN_OPTIONS="suppressions=$here/lsan.txt:print_suppressions=0"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"
export TSAN_OPTIONS="suppressions=$here/tsan.txt:halt_on_error=1:second_deadlock_stack=1"

status=0
suite build-asan 'ASan and UBSan' address,undefined libasan.so || status=1
# The kernel's random layout may take the fixed addresses that TSan needs.
suite build-tsan 'TSan' thread libtsan.so setarch -R || status=1
memcheck || status=1
exit $status
