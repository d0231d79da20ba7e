#!/bin/sh
# SPDX-License-Identifier: MIT
# release.sh SOURCE BUILD HOOK...: builds Tongs with -Dtests=false in the folder BUILD, and shows that the hooks, which
# a build with tests has, are not in it. Prints TAP.
set -u
source=$1 build=$2
shift 2

echo "1..$(($# + 1))"
number=1
test -f "$build/build.ninja" || meson setup "$build" "$source" -Dtests=false >"$build.log" 2>&1
if meson compile -C "$build" >>"$build.log" 2>&1; then
	echo "ok 1 - builds without tests"
else
	echo "not ok 1 - builds without tests"
	tail -n 30 "$build.log" | sed 's/^/# /'
fi
library=$build/src/libtongs.so
# In the symbol table, too: a hook that is hidden is still code in a release.
symbols=$(nm "$library" && nm -D "$library")
for hook in "$@"; do
	number=$((number + 1))
	fault=
	case $symbols in
	'') fault='not ' ;;
	*" $hook"*) fault='not ' ;;
	esac
	echo "${fault}ok $number - $hook is left out"
done
