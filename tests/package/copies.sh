#!/bin/sh
# SPDX-License-Identifier: MIT
# copies.sh SOURCE [MESON-OPTION...]: `make install` and `make uninstall` in two copies of the tree, in folders of other
# names and lengths: both install the same bytes, and leave nothing behind. Prints TAP.
set -u
source=$1
shift
. "${0%/*}/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export CCACHE_DISABLE=1 # each compiles for itself
unset DESTDIR MAKEFLAGS MAKELEVEL MFLAGS LD_LIBRARY_PATH PKG_CONFIG_PATH

# builds COPY OPTION...
builds() {
	copy=$1
	shift
	"$source/scripts/copy-tree.sh" "$copy" && meson setup "$copy/build" "$copy" -Dtests=false --prefix=/opt/tongs --libdir=lib "$@" &&
		meson compile -C "$copy/build"
}

# install_copy COPY ROOT
install_copy() {
	make -C "$1" install PREFIX=/opt/tongs DESTDIR="$work/$2" &&
		meson install -C "$1/build" --no-rebuild --strip --destdir "$work/$2-stripped" || return 1
	test -x "$2/opt/tongs/bin/tongs"
}

# Modes and links besides the bytes.
same() {
	for root in "$1" "$2"; do
		(cd "$root" && find . -printf '%p %M %l\n' | sort) >"$root.list"
	done
	diff "$1.list" "$2.list" && diff -r --no-dereference "$1" "$2"
}

# As a whole path: /tongs is also the end of include/tongs. A zero byte is as good as the end of a line.
names_no_folder() {
	folders=$(printf '%s|%s' "$work" "$source" | sed 's/[.+]/\\&/g')
	! LC_ALL=C grep -rlzE "(^|[^[:alnum:]_.-])($folders)(\$|[^[:alnum:]_.-])" first-root
}

uninstalls() {
	make -C first uninstall PREFIX=/opt/tongs DESTDIR="$work/first-root" || return 1
	find first-root -mindepth 1 | grep . && return 1
	return 0
}

# In a folder that nothing searches.
says_what_is_needed() {
	make -C first install PREFIX="$work/own/prefix" >said || return 1
	cat said
	grep -qF "LD_LIBRARY_PATH=$work/own/prefix/lib " said && grep -qF "PKG_CONFIG_PATH=$work/own/prefix/lib/pkgconfig " said &&
		grep -qF "PATH=$work/own/prefix/bin:" said || return 1
	# Not where it is there.
	PATH=$work/own/prefix/bin:$PATH PKG_CONFIG_PATH=$work/own/prefix/lib/pkgconfig LD_LIBRARY_PATH=$work/own/prefix/lib \
		"$source/scripts/say-installed.sh" "$work/own/prefix" lib >said
	[ ! -s said ]
}

# The program has no RPATH, and no variable says where libtongs is.
runs_program() {
	export PKG_CONFIG_PATH="$work/own/prefix/lib/pkgconfig"
	cc "$source/examples/export_buffer.c" -o export_buffer $(pkg-config --cflags --libs tongs vulkan) || return 1
	./export_buffer 2>errors
	grep libtongs.so.0 errors || return 1
	prints 'MTLBuffer, 4096 bytes: written through Vulkan' own/prefix/bin/tongs run ./export_buffer
}

leaves_other_files() {
	touch own/prefix/include/Metal/other.h own/above
	make -C first uninstall PREFIX="$work/own/prefix" || return 1
	find own/prefix -type f >left
	cat left
	[ "$(cat left)" = own/prefix/include/Metal/other.h ]
}

removes_prefix() {
	rm own/prefix/include/Metal/other.h
	make -C first uninstall PREFIX="$work/own/prefix" && [ "$(find own -mindepth 1)" = own/above ]
}

echo 1..12
check 'a copy of the tree builds' builds first "$@"
check 'another copy builds, in another folder' builds another/with-a-longer/name "$@"
check 'the first installs' install_copy first first-root
check 'the other installs' install_copy another/with-a-longer/name other-root
check 'both install the same' same first-root other-root
check 'both install the same, stripped' same first-root-stripped other-root-stripped
check 'what is installed names no folder of the build' names_no_folder
check 'make uninstall leaves nothing' uninstalls
check 'make install says what programs need' says_what_is_needed
check 'tongs run lets a program find libtongs' runs_program
check 'make uninstall leaves the files of others' leaves_other_files
check 'make uninstall removes the prefix, and nothing above it' removes_prefix
[ $failures -eq 0 ]
