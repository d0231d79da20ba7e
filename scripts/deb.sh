#!/bin/sh
# SPDX-License-Identifier: MIT
# deb.sh FOLDER: builds the Debian packages of this tree and leaves them in the folder, in place of older ones. They are
# built in a copy, build-deb/, so that the tree stays as it is.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

copy=$PWD/build-deb/tongs
rm -rf build-deb
scripts/copy-tree.sh "$copy"

cd "$copy"
# The log is long, and of interest only if something is wrong.
if ! dpkg-buildpackage -b -us -uc >../log 2>&1; then
	tail -n 40 ../log >&2
	echo "deb: no packages were built; the whole log is build-deb/log" >&2
	exit 1
fi
rm -f "$out"/*.deb
mv ../*.deb "$out"
cd / && rm -rf "$copy"
