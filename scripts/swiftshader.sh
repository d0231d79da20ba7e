#!/bin/sh
# SPDX-License-Identifier: MIT
# swiftshader.sh get: unpacks SwiftShader, a Vulkan driver that needs no GPU, from Debian's package of Chromium, without
# installing that. Kept for a month in tongs/ of XDG_CACHE_HOME; touches no network while it is there.
# swiftshader.sh run PROGRAM...: runs a test over it, or prints in TAP that it is skipped.
set -u

package=chromium-common
library=libvk_swiftshader.so
manifest=vk_swiftshader_icd.json
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tongs
command -v dpkg >/dev/null && cache=$cache/swiftshader-$(dpkg --print-architecture)

unpack() {
	(cd "$work" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download $package) || return 1
	dpkg-deb --fsys-tarfile "$work"/*.deb >"$work/files.tar" &&
		tar -C "$work" --strip-components=4 -xf "$work/files.tar" \
			./usr/lib/chromium/$library ./usr/lib/chromium/$manifest || return 1
	mkdir -p "$cache" && touch "$work/$manifest" &&
		mv "$work/$library" "$cache/" && mv "$work/$manifest" "$cache/"
}

get() {
	[ -z "$(find "$cache/$manifest" -mtime -30 2>/dev/null)" ] || return 0
	work=$(mktemp -d) || return 1
	trap 'rm -rf "$work"' EXIT
	# A system whose other packages are all there may never have read the lists.
	unpack >"$work/log" 2>&1 ||
		{ [ "$(id -u)" -eq 0 ] && apt-get -qq update >>"$work/log" 2>&1 && unpack >>"$work/log" 2>&1; } && return 0
	[ ! -f "$cache/$manifest" ] || return 0
	echo "swiftshader: $package cannot be had, so the tests over SwiftShader will be skipped:" >&2
	tail -n 3 "$work/log" >&2
	return 1
}

run() {
	if [ ! -f "$cache/$manifest" ]; then
		echo 'TAP version 13'
		echo '1..1'
		echo "ok 1 - $(basename "$1") # SKIP no SwiftShader: scripts/swiftshader.sh get"
		exit 77
	fi
	export VK_DRIVER_FILES="$cache/$manifest" VK_ICD_FILENAMES="$cache/$manifest" NODEVICE_SELECT=1
	exec "$@"
}

case ${1-} in
get) get ;;
run) shift && run "$@" ;;
*) echo "usage: $0 get | run PROGRAM [ARGUMENT...]" >&2; exit 2 ;;
esac
