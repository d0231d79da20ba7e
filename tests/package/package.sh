#!/bin/sh
# SPDX-License-Identifier: MIT
# package.sh SOURCE BUILD PREFIX: installs Tongs into a folder of its own and uses it there as a newcomer would: with
# pkg-config, the examples, the README's program and the installed `tongs`. Prints TAP.
set -u
. "${0%/*}/installed.sh"

build_example() {
	compiler=$1 example=$2
	shift 2
	cp "$source/examples/$example" . &&
		$compiler -Wall -Wextra -Werror "$example" -o "${example%.*}" $(pkg-config --cflags --libs tongs vulkan) "$@"
}

# A program on the headers and libraries for Apple's code, with nothing else that would say where they are.
apple_program() {
	cat >apple.cpp <<-'END'
		#include <CoreFoundation/CoreFoundation.h>
		#include <QuartzCore/QuartzCore.h>
		#include <objc/message.h>
		#include <objc/runtime.h>
		#include <tongs/metal.h>
		int main() {
			tongs_device *device = tongs_device_new_default();
			tongs_device_unref(device);
			CFTypeRef same = CFRetain(device = tongs_device_new_default());
			auto name = reinterpret_cast<id (*)(CFTypeRef, SEL)>(objc_msgSend)(same, sel_registerName("name"));
			auto text = reinterpret_cast<const char *(*)(id, SEL)>(objc_msgSend)(name, sel_registerName("UTF8String"));
			bool right = TARGET_OS_OSX && strcmp(text, tongs_device_get_name(device)) == 0;
			CFRelease(same);
			tongs_device_unref(device);
			return !right;
		}
	END
	for compiler in g++ clang++; do
		$compiler -Wall -Wextra -Werror apple.cpp -o apple $(pkg-config --cflags --libs tongs-apple) && ./apple || return 1
	done
}

refuses_without_layer() {
	./export_buffer >printed 2>errors
	[ $? -eq 1 ] && [ ! -s printed ] && grep -q 'tongs run' errors
}

# The README's one C block is a part of the example.
readme_program() {
	part=$(awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$source/README.md")
	[ "$(echo "$part" | wc -l)" -gt 5 ] || return 1
	case $(cat "$source/examples/export_buffer.c") in
	*"$part"*) ;;
	*) return 1 ;;
	esac
}

# The commands of the block behind it, in a folder that holds no more than the examples.
readme_commands() {
	mkdir readme && cp -r "$source/examples" readme && cd readme || return 1
	awk '/^```c$/ { seen = 1 } seen && /^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$source/README.md" |
		grep . >commands || return 1
	sh -e commands >printed 2>errors
	status=$?
	cat commands printed errors
	cd ..
	[ $status -eq 0 ] && grep -qx "$buffer_line" readme/printed
}

valgrind_clean() {
	prints "$buffer_line" tongs run "$source/scripts/memcheck.sh" definite,indirect "./$1"
}

# lists_extension TIMES COMMAND...: how often each device's own list has it. The lists of layers, further up, are others,
# and name every layer that is installed, used or not.
lists_extension() {
	wanted=$1
	shift
	"$@" vulkaninfo >info 2>errors || return 1
	awk -v wanted="$wanted" '
		/^Device Extensions:/ { devices++; listed = 0; inside = 1; next }
		inside && /VK_EXT_external_memory_metal / { listed++ }
		inside && /^$/ { inside = 0; if (listed != wanted) wrong = 1 }
		END { print devices + 0, "devices"; exit wrong || !devices }' info
}

manual_pages() {
	for page in "$source"/man/*.in; do
		page=${page##*/} page=${page%.in}
		installed=$root/share/man/man${page##*.}/$page
		grep "^\.TH .*\"Tongs $(pkg-config --modversion tongs)\"" "$installed" || return 1
		command -v man >/dev/null || continue # a small system has none
		man -l --warnings "$installed" 2>&1 >/dev/null | grep . && return 1
	done
	ls "$root/share/man/man3/tongs-metal.3" "$root/share/man/man3/tongs_device_new_buffer.3" || return 1
	command -v man >/dev/null || return 0
	man -M "$root/share/man" tongs_device_new_buffer | grep 'A buffer with a copy of bytes' || return 1
	return 0
}

# Where bash, zsh and fish look, below a prefix.
completions() {
	for file in bash-completion/completions/tongs zsh/site-functions/_tongs fish/vendor_completions.d/tongs.fish; do
		ls "$root/share/$file" || return 1
	done
}

# As docs/environment.md says.
suppressions() {
	ls "$root/share/tongs/valgrind-realloc.supp" &&
		prints "tongs $(pkg-config --modversion tongs)" valgrind -q --suppressions="$root/share/tongs/valgrind.supp" \
			tongs --version
}

# The manifests and the layer give it as one integer; the loader reads the manifest, vulkaninfo asks the loader.
one_version() {
	version=$(pkg-config --modversion tongs)
	number=$(echo "$version" | awk -F. '{ print $1 * 65536 + $2 * 256 + $3 }')
	[ "$(tongs --version)" = "tongs $version" ] &&
		grep "\"implementation_version\": \"$number\"" "$root"/share/vulkan/explicit_layer.d/*.json &&
		grep "\"implementation_version\": \"$number\"" "$root"/share/vulkan/implicit_layer.d/*.json &&
		tongs run vulkaninfo | grep "VK_LAYER_TONGS_metal_interop .* layer version $number:" &&
		ls "$libdir/libtongs.so.$version"
}

# make hands a prefix on as one word, and pkg-config each folder in it.
prefix_with_space() {
	eval "printf '%s\n' $(pkg-config --define-variable=prefix='/a\ b' --cflags --libs tongs-apple)" >words
	cat words
	grep -c '^-.*/a b/' words && ! grep -v '^-' words || return 1
	make -n -C "$source" install PREFIX='/a b' | sed -n "s/^meson configure/printf '%s\\n'/p" >configure
	sh configure | grep -x -e '-Dprefix=/a b'
}

buffer_line='MTLBuffer, 4096 bytes: written through Vulkan'

echo 1..18
check 'installs' installed
check 'installs its manual pages' manual_pages
check 'installs completions for three shells' completions
check "installs valgrind's suppressions" suppressions
check 'has one version everywhere' one_version
check 'a prefix may have a space' prefix_with_space
check 'the program runs where it is installed' prints "tongs $(pkg-config --modversion tongs)" tongs --version
check 'export_buffer.c compiles against the installed files, gcc' build_example gcc export_buffer.c -Wpedantic
check 'export_buffer.c compiles against the installed files, clang' build_example clang export_buffer.c -Wpedantic
check 'a program compiles with tongs-apple and runs' apple_program
check 'export_buffer outlives Vulkan' prints "$buffer_line" tongs run ./export_buffer
check 'export_buffer without the layer says what to do' refuses_without_layer
check 'TONGS_ENABLE=1 switches the installed layer on' \
	prints "$buffer_line" env XDG_DATA_HOME="$root/share" TONGS_ENABLE=1 ./export_buffer
check 'the README shows a part of export_buffer.c' readme_program
check "the README's commands work" readme_commands
check 'valgrind finds nothing in export_buffer' valgrind_clean export_buffer
check 'vulkaninfo lists the extension once a device' lists_extension 1 tongs run
check 'vulkaninfo does not list it without tongs run' lists_extension 0 env
