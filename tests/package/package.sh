#!/bin/sh
# SPDX-License-Identifier: MIT
# package.sh SOURCE BUILD PREFIX: installs Tongs into a folder of its own and uses it there as a newcomer would: with
# pkg-config, the examples, the README's program and the installed `tongs`. Prints TAP.
set -u
source=$1 build=$2 prefix=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root$prefix
cd "$work" || exit 1

count=0
check() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >output 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' output
	fi
}

install_tongs() {
	meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" || return 1
	# What an install without --destdir would have written.
	pc=$(find "$root" -name tongs.pc)
	sed -i "s|^prefix=.*|prefix=$root|" "$pc"
	libdir=$(dirname "$(find "$root" -name libtongs.so)")
	export PATH="$root/bin:$PATH" PKG_CONFIG_PATH="${pc%/*}" LD_LIBRARY_PATH="$libdir"
}

installed() {
	cat install.log
	test -x "$root/bin/tongs"
}

# The examples are a project of their own here: nothing of the source or build folder is in reach.
build_example() {
	compiler=$1 example=$2
	shift 2
	cp "$source/examples/$example" . &&
		$compiler -Wall -Wextra -Werror "$example" -o "${example%.*}" $(pkg-config --cflags --libs tongs vulkan) "$@"
}

build_texture() {
	build_example gcc export_texture.m -lobjc
}

prints() {
	wanted=$1
	shift
	"$@" >printed 2>errors && [ "$(cat printed)" = "$wanted" ] && [ ! -s errors ] && return
	cat printed errors
	return 1
}

refuses_without_layer() {
	./export_buffer >printed 2>errors
	[ $? -eq 1 ] && [ ! -s printed ] && grep -q 'tongs run' errors
}

# The README's one C block, and the commands of the block behind it.
readme_program() {
	awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$source/README.md" >readme.c
	cmp readme.c "$source/examples/export_buffer.c"
}

readme_commands() {
	mkdir readme && mv readme.c readme/export_buffer.c && cd readme || return 1
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
	return 0
}

# The manifest and the layer give it as one integer; the loader reads the manifest, vulkaninfo asks the loader.
one_version() {
	version=$(pkg-config --modversion tongs)
	number=$(echo "$version" | awk -F. '{ print $1 * 65536 + $2 * 256 + $3 }')
	[ "$(tongs --version)" = "tongs $version" ] &&
		grep "\"implementation_version\": \"$number\"" "$root"/share/vulkan/explicit_layer.d/*.json &&
		tongs run vulkaninfo | grep "VK_LAYER_TONGS_metal_interop .* layer version $number:" &&
		ls "$libdir/libtongs.so.$version"
}

buffer_line='MTLBuffer, 4096 bytes: written through Vulkan'
texture_line="MTLTexture, 64 by 64 texels: Vulkan's is 255 128 0 255, Metal's is 1 2 3 4"

echo 1..15
# Not through check(): it sets variables.
install_tongs >install.log 2>&1
check 'installs' installed
check 'installs its manual pages' manual_pages
check 'has one version everywhere' one_version
check 'the program runs where it is installed' prints "tongs $(pkg-config --modversion tongs)" tongs --version
check 'export_buffer.c compiles against the installed files, gcc' build_example gcc export_buffer.c -Wpedantic
check 'export_buffer.c compiles against the installed files, clang' build_example clang export_buffer.c -Wpedantic
check 'export_texture.m compiles against the installed files' build_texture
check 'export_buffer outlives Vulkan' prints "$buffer_line" tongs run ./export_buffer
check 'export_buffer without the layer says what to do' refuses_without_layer
check 'export_texture reads and writes texels' prints "$texture_line" tongs run ./export_texture
check 'the README shows export_buffer.c' readme_program
check "the README's commands work" readme_commands
check 'valgrind finds nothing in export_buffer' valgrind_clean export_buffer
check 'vulkaninfo lists the extension once a device' lists_extension 1 tongs run
check 'vulkaninfo does not list it without tongs run' lists_extension 0 env
