#!/bin/sh
# SPDX-License-Identifier: MIT
# Layout, public headers alone, warnings of two compilers, static checks. Every step runs; any finding fails.
# GCC_BUILD: a build folder of gcc's, with tests, that was set up with --werror: nothing is compiled there again.
set -u
cd "$(dirname "$0")/.."
failed=
unchecked=

step() {
	name=$1
	shift
	printf 'lint: %s\n' "$name"
	"$@" || failed="$failed, $name"
}

sources() {
	find include src client tools demos tests examples '(' -name '*.[chm]' -o -name '*.cpp' ')' | sort
}

# Every version of clang-format has a layout of its own. The tree has this one's, and no other can check it.
formatter_version=14
find_formatter() {
	for formatter in "clang-format-$formatter_version" clang-format; do
		"$formatter" --version 2>/dev/null | grep -q " version $formatter_version\." && return
	done
	return 1
}

layout() {
	if find_formatter; then
		sources | xargs "$formatter" --dry-run -Werror
	else
		echo "lint: layout: not checked: needs clang-format $formatter_version; this is $(clang-format --version)"
		unchecked=", but for the layout, which was not checked"
	fi
}

alone() {
	header=$1
	shift
	printf '#include <%s>\nextern int nothing;\n' "$header" |
		"$@" -fsyntax-only -Wall -Wextra -Werror -Iinclude -idirafter "$(gcc -print-file-name=include)" - && return
	echo "<$header> does not compile alone: $*" >&2
	bad=1
}

headers() {
	bad=0
	for header in $(cd include && ls tongs/*.h); do
		alone "$header" gcc -x c -std=c11 -Wpedantic
		alone "$header" clang -x c -std=c11 -Wpedantic
		alone "$header" g++ -x c++ -std=c++11 -Wpedantic
		alone "$header" clang++ -x c++ -std=c++11 -Wpedantic
	done
	alone IOSurface/IOSurfaceRef.h gcc -x c -std=c11 -Wpedantic
	alone IOSurface/IOSurfaceRef.h g++ -x c++ -std=c++11 -Wpedantic
	for header in $(cd include && ls IOSurface/*.h Metal/*.h); do
		# gcc's -Wpedantic takes every class without instance variables for an empty struct.
		alone "$header" gcc -x objective-c -std=c11
		alone "$header" clang -x objective-c -std=c11 -fobjc-runtime=gcc -Wpedantic
	done
	return $bad
}

stops_at_warnings() {
	[ -n "$1" ] && meson introspect "$1" --buildoptions | python3 -c '
import json, sys
values = {option["name"]: option["value"] for option in json.load(sys.stdin)}
sys.exit(not (values["werror"] and values["tests"] and values["warning_level"] == "3"))'
}

build() {
	folder=build-lint-$1 compiler=$2
	[ "$1" != gcc ] || ! stops_at_warnings "${GCC_BUILD-}" || folder=$GCC_BUILD
	shift 2
	test -f "$folder/build.ninja" || CC=$compiler meson setup "$folder" --werror "$@" >/dev/null || return 1
	meson compile -C "$folder" --ninja-args=-k0
}

# clang-tidy looks at a file once for each command in the list of a build folder, and several programs have the same files: of
# commands with the same macros one is enough. The lists of such are in once/ of the folder.
once() {
	mkdir -p "$1/once" && python3 -c '
import json, shlex, sys
kept = {}
for entry in json.load(sys.stdin):
    words = shlex.split(entry["command"])
    macros = sorted(word for word in words if word.startswith(("-D", "-U")))
    kept.setdefault((entry["file"], *macros), entry)
json.dump(list(kept.values()), sys.stdout)' <"$1/compile_commands.json" >"$1/once/compile_commands.json"
}

# Reads names of files: a process for each core, and a few files each, so that none is idle at the end.
tidy() {
	xargs -n 8 -P "$(nproc)" clang-tidy "$@"
}

clang_tidy() {
	once build-lint-clang || return 1
	find src client tools demos -name '*.c' | tidy -p build-lint-clang/once --quiet --warnings-as-errors='*'
}

# For tests, only the analyzer: the other checks of clang-tidy are a matter of taste there. One is compiled with macros that
# only its own rule has.
clang_tidy_tests() {
	once build-lint-clang || return 1
	find tests '(' -path tests/fuzz -o -path tests/consumers/avalonia.c ')' -prune -o -name '*.c' -print |
		tidy -p build-lint-clang/once --quiet --warnings-as-errors='*' \
		'--checks=-bugprone-*,-performance-*,-portability-*,-clang-analyzer-security.insecureAPI.*,'\
'-clang-analyzer-optin.performance.Padding' \
		--extra-arg=-D_GNU_SOURCE= --extra-arg=-include --extra-arg="$PWD/tests/analyzer.h"
}

# The fuzzers wrap functions under the linker's reserved names, and include a source that they look into.
clang_tidy_fuzz() {
	scripts/fuzz.sh '' setup || return 1
	once build-fuzz || return 1
	find tests/fuzz -name '*.c' | tidy -p build-fuzz/once --quiet --warnings-as-errors='*' \
		--checks=-bugprone-reserved-identifier,-bugprone-suspicious-include,-clang-analyzer-security.insecureAPI.strcpy
}

step 'layout' layout
step 'public headers' headers
step 'gcc' build gcc gcc
step 'clang' build clang clang
# Tests end at a failed allocation by cmocka's longjmp, which the analyzer does not know.
# What is kept in a table counts as a leak for it; clang's analyzer, LeakSanitizer and valgrind know better.
step "gcc's analyzer" build analyzer gcc "-Dc_args=['-fanalyzer', '-Wno-analyzer-malloc-leak']" -Dtests=false
# cppcheck reads none of the system's headers, and newer versions of it end at what they cannot guess.
step 'cppcheck' cppcheck --quiet --error-exitcode=1 --inline-suppr --suppressions-list=scripts/cppcheck.txt \
	--enable=warning,portability,performance --std=c11 -DVKAPI_ATTR= -DVKAPI_CALL= -DVKAPI_PTR= \
	'-DVK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME=""' -Iinclude -Isrc -I. -Itools/tongs -Idemos/smithy src client tools demos examples
step 'clang-tidy' clang_tidy
step 'clang-tidy of the tests' clang_tidy_tests
step 'clang-tidy of the fuzzers' clang_tidy_fuzz

if [ -n "$failed" ]; then
	echo "lint: failed: ${failed#, }" >&2
	exit 1
fi
echo "lint: clean$unchecked"
