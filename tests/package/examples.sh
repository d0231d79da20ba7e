#!/bin/sh
# SPDX-License-Identifier: MIT
# examples.sh SOURCE BUILD PREFIX: runs the commands in the head comment of each example, as a reader would, in a copy of
# its folder and against an installed Tongs. Prints TAP.
set -u
. "${0%/*}/installed.sh"

# head_commands FILE: the lines of its head comment that are indented by five spaces or more behind the comment sign.
head_commands() {
	sed -nE 's/ \*\/$//; s,^( \*|//!?|#)     ( *[^ ]),\2,p' "$1"
}

# run_head FOLDER FILE TEXT: its commands, the compilers' among them with all warnings as errors, print TEXT alone.
run_head() {
	rm -rf copy && cp -r "$source/examples/$1" copy && cd copy || return 1
	head_commands "$2" >commands
	sed -E -i '/^(.* do )?(cc|gcc|clang|clang\+\+) /s/ -o / -Wall -Wextra -Wno-missing-field-initializers -Werror -o /' commands
	echo 'wait $!' >>commands # for what runs beside the last one, and how it ended
	cat commands
	prints "$3" sh -e commands
	status=$?
	cd ..
	return $status
}

# picture_sum PICTURE ALPHA: the sum of the bytes of its texels.
picture_sum() {
	awk -v p="$1" -v alpha="$2" 'BEGIN {
		for (y = 0; y < 200; y++) for (x = 0; x < 320; x++)
			sum += (x + 40 * p) % 256 + int(y * 255 / 200) + 50 * p % 256 + alpha
		print sum }'
}

two_processes() {
	run_head . process_draw.c "$(for i in 1 2 3 4 5; do echo "picture $i: $(picture_sum $i 255)"; done)" || return 1
	[ "$(head -c 15 copy/last.ppm | tr '\n' ' ')" = 'P6 320 200 255 ' ] &&
		[ "$(tail -c +16 copy/last.ppm | od -An -v -tu1 | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print sum }')" = \
			"$(picture_sum 5 0)" ]
}

# GCC's runtime, which Debian has, cannot run it: compiled with its own flags, but not linked.
compiles_with_arc() {
	flags=$(head_commands "$source/examples/texture_arc.m" | sed -n 's/^clang \(.*\) texture_arc\.m .*/\1/p')
	echo "$flags" | grep -w fobjc-arc || return 1
	clang $flags -fsyntax-only -Wall -Wextra -Werror "$source/examples/texture_arc.m" \
		$(pkg-config --cflags tongs-apple vulkan)
}

# binding LANGUAGE COMPILER FILE: the same of a binding, whose compiler or interpreter may be missing.
binding() {
	if command -v "$2" >/dev/null; then
		check "$3, in $1" run_head bindings "$3" "$1: Metal read Vulkan's buffer, Vulkan Metal's"
	else
		skip "$3, in $1" "no $1: $2 is not installed"
	fi
}

echo 1..11
check 'installs' installed
check 'export_buffer.c, in C' run_head . export_buffer.c 'MTLBuffer, 4096 bytes: written through Vulkan'
check 'export_texture.m, in Objective-C' run_head . export_texture.m \
	"MTLTexture, 64 by 64 texels: Vulkan's is 255 128 0 255, Metal's is 1 2 3 4"
check 'import_memory.c, in C' run_head . import_memory.c \
	"Vulkan read Metal's pages, Metal Vulkan's memory: 65536 bytes the same"
check 'heap.cpp, in C++' run_head . heap.cpp 'a heap of 131072 bytes, written by Vulkan and by Metal'
check 'shared_event.m, in Objective-C' run_head . shared_event.m '8 turns, the event is 8'
check 'process_draw.c and process_show.c, in C' two_processes
check 'texture_arc.m compiles, in Objective-C with ARC' compiles_with_arc
# These leave no Metal object behind. (Of those above, a queue's thread may hold one for a moment longer.)
export TONGS_LEAKS=1
binding Python python3 share_buffer.py
binding Rust rustc share_buffer.rs
binding 'C#' mcs ShareBuffer.cs
