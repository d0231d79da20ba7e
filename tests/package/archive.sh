#!/bin/sh
# SPDX-License-Identifier: MIT
# archive.sh SOURCE BUILD: what `meson dist` makes of the last commit builds, and its tests run, without git. Prints TAP.
set -u
source=$1 build=$2
. "${0%/*}/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset DESTDIR MAKEFLAGS MAKELEVEL MFLAGS

# Meson puts the archive beside the logs of the build folder, in which other tests run: so a build folder of its own.
make_archive() {
	meson setup made "$source" -Dtests=false &&
		meson dist -C made --no-tests --allow-dirty --formats xztar &&
		tar -xf made/meson-dist/tongs-*.tar.xz && mv tongs-*/ tongs
}

hide_git() {
	mkdir bin
	printf '#!/bin/sh\necho git was called >>"%s/git-was-called"\nexit 1\n' "$work" >bin/git
	chmod +x bin/git
	PATH=$work/bin:$PATH
}

# What is missing would be missing without optimization, too, which takes less time.
configures() {
	[ ! -e tongs/.git ] && meson setup tongs/build tongs -Doptimization=0 -Ddebug=false
}

run_tests() {
	meson test -C tongs/build --print-errorlogs package 'package debian files' 'scripts rooms' 'scripts locks' \
		'scripts payload kinds'
}

copies_itself() {
	touch tongs/build/rest
	tongs/scripts/copy-tree.sh copied && [ ! -e copied/build ] && [ -f copied/meson.build ]
}

if ! command -v git >/dev/null || ! git -C "$source" rev-parse HEAD >/dev/null 2>&1; then
	echo 1..1
	skip 'meson dist makes an archive' 'no git, or no commit: this tree is an archive itself'
	exit 0
fi
echo 1..5
check 'meson dist makes an archive' make_archive
hide_git
check 'the archive is configured' configures
check 'it builds, and its tests run' run_tests
check 'it is copied without what was built' copies_itself
check 'no git is needed' test ! -e git-was-called
