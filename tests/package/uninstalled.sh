#!/bin/sh
# SPDX-License-Identifier: MIT
# uninstalled.sh SOURCE BUILD: uses Tongs without installing it: a build tree by its .pc files and by `meson devenv`, and
# as a subproject of Meson. Prints TAP.
set -u
source=$1 build=$2
. "${0%/*}/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset LD_LIBRARY_PATH

# by_pc COMPILER FILE PACKAGE LIBRARIES: compiles an example.
by_pc() {
	PKG_CONFIG_PATH=$build/meson-uninstalled pkg-config --cflags --libs "$3"
	$1 -Wall -Wextra -Werror "$source/examples/$2" -o "${2%.*}" \
		$(PKG_CONFIG_PATH=$build/meson-uninstalled pkg-config --cflags --libs "$3" vulkan) $4
}

buffer_line='MTLBuffer, 4096 bytes: written through Vulkan'

in_devenv() {
	meson devenv -C "$build" sh -c "cd '$work' && cc '$source/examples/export_buffer.c' -o in_devenv \
		\$(pkg-config --cflags --libs tongs vulkan) && tongs run ./in_devenv" >log 2>&1
	status=$?
	cat log
	[ $status -eq 0 ] && grep -qx "$buffer_line" log
}

# What Apple's code includes is in another folder of the tree.
apple_headers() {
	cat >apple.c <<-'END'
		#include <CoreFoundation/CoreFoundation.h>
		#include <TargetConditionals.h>
		#include <objc/message.h>
		#include <tongs/metal.h>
		int main(void) {
			struct tongs_device *device = tongs_device_new_default();
			if (device) {
				CFRetain(device);
				CFRelease(device);
			}
			tongs_device_unref(device);
			return !TARGET_OS_OSX || !sel_registerName("name");
		}
	END
	for compiler in gcc clang; do
		$compiler -Wall -Wextra -Werror apple.c -o apple \
			$(PKG_CONFIG_PATH=$build/meson-uninstalled pkg-config --cflags --libs tongs-apple) &&
			meson devenv -C "$build" "$work/apple" || return 1
	done
}

# With its defaults: a subproject builds no tests, whose packages its user may lack.
subproject() {
	mkdir -p project/subprojects
	"$source/scripts/copy-tree.sh" project/subprojects/tongs
	cat >project/meson.build <<-'END'
		project('program', 'c')
		executable('program', 'program.c', dependencies: dependency('tongs-apple', fallback: 'tongs'))
		executable('program-c', 'program.c', dependencies: dependency('tongs', fallback: 'tongs'), c_args: '-DC_ONLY')
	END
	cat >project/program.c <<-'END'
		#include <stdio.h>
		#include <tongs/metal.h>
		#include <tongs/version.h>
		#ifndef C_ONLY
		#include <CoreFoundation/CoreFoundation.h>
		#include <objc/runtime.h>
		#endif
		int main(void) {
			puts(tongs_version());
		#ifndef C_ONLY
			void *volatile retain = (void *)CFRetain;
			return !retain || !objc_getClass("MTLHeapDescriptor");
		#endif
			return 0;
		}
	END
	PKG_CONFIG_PATH= meson setup project/build project --wrap-mode=forcefallback &&
		meson compile -C project/build program program-c || return 1
	meson introspect project/build --targets | grep '"name": "test' && return 1
	prints "$version" project/build/program-c && prints "$version" project/build/program
}

version=$(PKG_CONFIG_PATH=$build/meson-uninstalled pkg-config --modversion tongs)
echo 1..6
check 'a C program compiles by the build tree' by_pc cc export_buffer.c tongs ''
check 'it runs there' prints "$buffer_line" "$build/tools/tongs/tongs" run ./export_buffer
check 'an Objective-C program compiles by the build tree, gcc' by_pc gcc export_texture.m tongs -lobjc
check "headers by Apple's names are found by the build tree" apple_headers
check 'meson devenv has all that is needed' in_devenv
check 'a project has Tongs as a subproject' subproject
