#!/bin/sh
# SPDX-License-Identifier: MIT
# guide.sh SOURCE BUILD PREFIX: follows docs/porting.md as a reader would, in a copy of the example project and against an
# installed Tongs: its compile lines, its build files, its workflow. Prints TAP.
set -u
. "${0%/*}/installed.sh"
guide=$source/docs/porting.md

# block HEADING LANGUAGE: the first block of that language behind the heading that begins so.
block() {
	awk -v heading="## $1" -v fence="\`\`\`$2" '
		index($0, heading) == 1 { under = 1 }
		on && /^```$/ { exit }
		on
		under && $0 == fence { on = 1 }' "$guide"
}

# shows FILE HEADING LANGUAGE: the block is a part of the file.
shows() {
	part=$(block "$2" "$3")
	[ "$(echo "$part" | wc -l)" -gt 5 ] || return 1
	case $(cat "$source/examples/$1") in
	*"$part"*) ;;
	*) echo "$part" && return 1 ;;
	esac
}

shows_files() {
	shows project/platform.h '2. Put' objc && shows project/CMakeLists.txt '3. Build' cmake &&
		shows project/meson.build '3. Build' meson && shows ci/github-actions.yml '5. A green' yaml
}

# Begins anew in a copy of the example. Its callers run in shells of their own.
new_project() {
	cd "$work" && rm -rf project && cp -r "$source/examples/project" . && cd project || exit 1
}

output_line='0 bytes of 4096 are wrong'

# Each compile line makes a program that runs. GNUstep's own headers have warnings.
compile_lines() (
	new_project
	block '3. Build' sh >lines
	made=0
	while read line; do # a line that ends in a backslash goes on in the next
		echo "$line"
		case $line in
		gcc*|clang*)
			rm -f share
			eval "$line -w" && prints "$output_line" tongs run ./share || exit 1
			made=$((made + 1))
			;;
		*) eval "$line" || exit 1 ;;
		esac
	done <lines
	[ $made -eq 5 ]
)

# with_cmake COMPILER
with_cmake() (
	new_project
	OBJC=$1 cmake -S . -B build && cmake --build build && ctest --test-dir build -V >log
	status=$?
	cat log
	[ $status -eq 0 ] && grep -q "$output_line" log
)

# with_meson COMPILER
with_meson() (
	new_project
	OBJC=$1 meson setup build && meson test -C build --verbose >log
	status=$?
	cat log
	[ $status -eq 0 ] && grep -q "$output_line" log
)

with_make() (
	new_project
	make -s check >log
	status=$?
	cat log
	[ $status -eq 0 ] && grep -qx "$output_line" log
)

# The commands of "Run".
run_lines() (
	new_project
	make -s share || exit 1
	block '4. Run' sh >lines
	sh -e lines >log 2>&1
	status=$?
	cat log
	[ $status -eq 0 ] && [ "$(grep -cx "$output_line" log)" -eq 2 ]
)

# step NAME: the commands of that step of the workflow.
step() {
	awk -v name="      - name: $1" '
		on && /^      -/ { exit }
		on && sub(/^        run: /, "") && $0 != "|" { print; next }
		on && sub(/^          /, "")
		$0 == name { on = 1 }' "$source/examples/ci/github-actions.yml"
}

# A step that is neither run here nor needs the network would be forgotten.
workflow_steps() {
	[ "$(sed -n 's/^      - name: //p' "$source/examples/ci/github-actions.yml" | paste -sd,)" = \
		'Install what the project needs,Get the project,Get Tongs,Install Tongs,Show what can be shared,Build,Test' ]
}

# Those behind the installation, in one shell after the other, as there.
workflow_runs() (
	new_project
	for name in 'Show what can be shared' Build Test; do
		step "$name" >commands
		cat commands
		[ -s commands ] && sh -e commands >log 2>&1 || { cat log; exit 1; }
	done
	grep -q '100% tests passed' log
)

# links PAGE: those that lead to files are right.
links() {
	grep -o ']([^)]*)' "$1" | sed 's/^](//; s/[#)].*//' | grep . | sort -u >"$work/linked"
	[ "$(wc -l <"$work/linked")" -ge 8 ] || return 1
	while read -r file; do
		[ -e "${1%/*}/$file" ] || { echo "$file is not there"; return 1; }
	done <"$work/linked"
}

examples_listed() (
	cd "$source/examples" && links ./README.md || exit 1
	for example in *.c *.cpp *.m; do
		grep "]($example)" README.md || { echo "$example is not listed"; exit 1; }
	done
)

needs_cmake() {
	if command -v cmake >/dev/null; then
		check "$@"
	else
		skip "$1" 'no CMake: cmake is not installed'
	fi
}

echo 1..13
check 'installs' installed
check 'the guide shows the files of the example' shows_files
check 'the compile lines of the guide work' compile_lines
for compiler in gcc clang; do
	needs_cmake "the project builds and runs with CMake and $compiler" with_cmake $compiler
	check "the project builds and runs with Meson and $compiler" with_meson $compiler
done
check 'the project builds and runs with make' with_make
check 'the guide says how to run it' run_lines
check 'the workflow has the steps that are known here' workflow_steps
needs_cmake 'the steps of the workflow work' workflow_runs
check 'the links of the guide lead somewhere' links "$guide"
check 'the examples are listed' examples_listed
