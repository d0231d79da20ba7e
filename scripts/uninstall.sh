#!/bin/sh
# SPDX-License-Identifier: MIT
# uninstall.sh BUILD PREFIX: removes what `meson install` of that build folder writes below PREFIX, its prefix, and the
# folders that are empty then. DESTDIR is honoured. Meson's own uninstall leaves the folders, and needs the log of the
# last install, which may have been another.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 BUILD PREFIX" >&2; exit 2; }
build=$1 prefix=${2%/} destdir=${DESTDIR-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}

# May this folder go? What belongs to the system stays; so does all above the prefix, but for a DESTDIR's.
is_ours() {
	[ -z "$destdir" ] || return 0
	case $1 in
	"$prefix") ;;
	"$prefix"/*) ;;
	*) return 1 ;;
	esac
	case $prefix in
	/usr | /usr/local) ;;
	*) return 0 ;;
	esac
	case ${1#"$prefix"} in
	'' | /bin | /include | /lib | /share | /share/man) return 1 ;;
	esac
}

(cd "$work/root" && find . -mindepth 1 ! -type d) | sed 's/^\.//' >"$work/files"
(cd "$work/root" && find . -mindepth 1 -depth -type d) | sed 's/^\.//' >"$work/folders"
removed=0
while IFS= read -r file; do
	if [ -e "$destdir$file" ] || [ -L "$destdir$file" ]; then
		rm -f "$destdir$file" || {
			echo "uninstall: $destdir$file cannot be removed; run as the user who installed it" >&2
			exit 1
		}
		removed=$((removed + 1))
	fi
done <"$work/files"
while IFS= read -r folder; do
	is_ours "$folder" || continue
	# Not empty: something else is in there.
	[ ! -d "$destdir$folder" ] || rmdir "$destdir$folder" 2>/dev/null || true
done <"$work/folders"
echo "uninstall: removed $removed files below $destdir$prefix"
