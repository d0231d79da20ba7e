#!/bin/sh
# SPDX-License-Identifier: MIT
# copy-tree.sh FOLDER: copies this tree into the new folder without what was built: all that git does not ignore, or
# without git, all but the folders that `make` makes.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
copy=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
if [ -e .git ] && command -v git >/dev/null; then
	git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null
else
	find . -mindepth 1 -maxdepth 1 ! -name 'build*' ! -name out ! -name .git
fi | tar -cf - -T - | tar -C "$copy" -xf -
