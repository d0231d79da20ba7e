#!/bin/sh
# SPDX-License-Identifier: MIT
# debian_files.sh SOURCE: what is written twice, in debian/ and elsewhere, agrees; and what packages get, where the system
# looks by itself. Prints TAP. debian.sh makes the packages and uses them.
set -u
source=$1
. "${0%/*}/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

version=$(sed -n 's/^#define TONGS_VERSION_M[AI][JN]OR \|^#define TONGS_VERSION_PATCH //p' \
	"$source/include/tongs/version.h" | paste -sd.)

changelog_version() {
	head -n 1 "$source/debian/changelog"
	head -n 1 "$source/debian/changelog" | grep -q "^tongs ($version) "
}

# Each version node of each library is in the symbols file of its package, and no other.
symbol_nodes() {
	for pair in libtongs0:libtongs.map.in libtongs-cf0:cf/libtongs_cf.map libtongs-msgsend0:msgsend/libtongs_msgsend.map; do
		sed -n "s/@VERSION@/$version/; s/^\(TONGS[A-Z_]*_[0-9.]*\) {/\1/p" "$source/src/${pair#*:}" | sort >nodes
		sed -n 's/^ (symver)\([^ ]*\) .*/\1/p' "$source/debian/${pair%:*}.symbols" | sort >listed
		[ -s nodes ] && diff nodes listed || return 1
	done
}

# A node is as old as its name says: TONGS_0.1 came with 0.1.0.
symbol_versions() {
	cat "$source"/debian/*.symbols | sed -n 's/^ (symver)[A-Z_]*_\([0-9.]*\) /\1 /p' >pairs
	cat pairs
	[ -s pairs ] && awk '{ node = $1; if (split(node, parts, ".") == 2) node = node ".0"; if (node != $2) exit 1 }' pairs
}

# Those that `make run` installs, but for the driver, which no build needs, and the C library, which each has.
build_depends() {
	awk '$1 == "run" && $2 != "libc6-dev" && $2 != "mesa-vulkan-drivers" { print $2 }' "$source/scripts/packages.txt" |
		sort >wanted
	awk '/^Build-Depends:/ { on = 1; next } /^[^ ]/ { on = 0 } on { sub(/,$/, ""); print $1 }' "$source/debian/control" |
		sort >stated
	[ -s wanted ] && diff wanted stated
}

# manifests LIBRARY OPTION...: so configured, both name the library so.
manifests() {
	wanted=$1
	shift
	rm -rf build && meson setup build "$source" -Dtests=false "$@" >log 2>&1 || { cat log; return 1; }
	cat build/src/layer/installed-manifest build/src/layer/implicit/installed-manifest |
		sed -n 's/.*"library_path": "\(.*\)",/\1/p' >paths
	cat paths
	[ "$(grep -cx "$wanted" paths)" -eq 2 ] && [ "$(wc -l <paths)" -eq 2 ]
}

# The packages take all that is installed, of which Meson's list is that of `manifests`.
installed_files() {
	meson introspect --installed build | tr ',' '\n' | sed -n 's/.*: "\/\([^"]*\)".*/\1/p' >installed
	cat "$source"/debian/*.install >patterns
	bad=0
	while read -r path; do
		taken=
		while read -r pattern _; do # and another folder, perhaps
			# shellcheck disable=SC2254
			case $path in $pattern | $pattern/*) taken=yes ;; esac
		done <patterns
		[ -n "$taken" ] || { echo "no package takes $path"; bad=1; }
	done <installed
	[ -s installed ] && return $bad
}

library=libVkLayer_tongs_metal_interop.so
multiarch=$(cc -print-multiarch)
echo 1..8
check "debian/changelog has the version of version.h, $version" changelog_version
check 'the symbols files list the version nodes of the libraries' symbol_nodes
check 'the symbols files give each node its version' symbol_versions
check 'Build-Depends are what make run installs' build_depends
check 'manifests below /usr name the layer without a folder' \
	manifests $library --prefix=/usr "--libdir=lib${multiarch:+/$multiarch}"
check 'the packages take all that is installed' installed_files
check 'manifests elsewhere name it with one' manifests "../../../lib/$library" --prefix=/opt/tongs --libdir=lib
check 'so do those of a folder below /usr that nothing searches' \
	manifests "../../../lib/tongs/$library" --prefix=/usr --libdir=lib/tongs
