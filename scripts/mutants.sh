#!/bin/sh
# SPDX-License-Identifier: MIT
# mutants.sh [--check] [NAME...]: plants the faults of tests/mutants/ in a copy of the tree, one at a time, and runs the
# tests that must fail on each. Fails if one is not detected, does not compile or does not apply. --check: do they apply?
set -u
cd "$(dirname "$0")/.."

check=
[ "${1-}" = --check ] && check=yes && shift
patches=
for name in "$@"; do
	patches="$patches tests/mutants/$name.patch"
done
: "${patches:=$(echo tests/mutants/*.patch)}"

# The lines `Test: NAME` at a patch's head.
tests_of() {
	sed -n 's/^Test: //p' "$1"
}

# As TAP, a case for each patch.
if [ -n "$check" ]; then
	status=0 number=0
	# shellcheck disable=SC2086 # words are wanted
	set -- $patches
	echo "1..$#"
	for patch in "$@"; do
		number=$((number + 1)) fault=
		[ -n "$(tests_of "$patch")" ] || fault=', which names no test'
		patch -p1 -F0 --dry-run -s -f <"$patch" >/dev/null 2>&1 || fault="$fault, which does not apply"
		echo "${fault:+not }ok $number - $(basename "$patch" .patch)$fault"
		[ -z "$fault" ] || status=1
	done
	exit $status
fi

folder=$PWD/build-mutants
tree=$folder/tree
build=$folder/build
log=$folder/log
mkdir -p "$tree" "$build"
# What has changed since the last run, or was planted in it, is as new as now, and the rest as old as it was: Ninja builds
# by that.
rm -rf "$folder/new" && mkdir "$folder/new"
tar -cf - --exclude='./build*' --exclude=./out --exclude=./.git . | tar -xf - -C "$folder/new"
(cd "$tree" && find . -type f) | while read -r file; do
	[ -f "$folder/new/$file" ] || rm "$tree/$file"
done
(cd "$folder/new" && find . -type f) | while read -r file; do
	cmp -s "$folder/new/$file" "$tree/$file" || { mkdir -p "$tree/${file%/*}" && cp "$folder/new/$file" "$tree/$file"; }
done
test -f "$build/build.ninja" || meson setup "$build" "$tree" -Dbuildtype=debug >/dev/null || exit 1
meson compile -C "$build" >"$log" 2>&1 || { tail "$log"; exit 1; }

# Runs the tests, whose names may have spaces, until one fails.
run_tests() {
	tests_of "$1" | tr '\n' '\0' | xargs -0 meson test -C "$build" --no-rebuild --maxfail 1 -t "$2" >>"$log" 2>&1
}

# Only what the tests need is built: all else would be linked for nothing.
targets_of() {
	tests_of "$1" | "$tree/scripts/test-targets.py" "$build"
}

# On a sound tree they pass, or their failing would mean nothing.
all=$folder/all
for patch in $patches; do
	tests_of "$patch" | sed 's/^/Test: /'
done | sort -u >"$all"
run_tests "$all" 3 || { tail -n 30 "$log"; echo 'a test fails without any fault'; exit 1; }

plant() {
	(cd "$tree" && patch -p1 -s -f --no-backup-if-mismatch "$@")
}

seen=0 unseen=0 broken=0
for patch in $patches; do
	name=$(basename "$patch" .patch)
	what=$(sed -n 's/^What: //p' "$patch")
	cp "$patch" "$log"
	if ! plant --dry-run <"$patch" >>"$log" 2>&1; then
		echo "DOES NOT APPLY  $name: $what"
		broken=$((broken + 1))
		continue
	fi
	plant <"$patch" >>"$log" 2>&1
	# shellcheck disable=SC2046 # words are wanted
	if ! ninja -C "$build" $(targets_of "$patch") >>"$log" 2>&1; then
		echo "DOES NOT BUILD  $name: $what"
		broken=$((broken + 1))
	elif run_tests "$patch" 1; then
		echo "NOT SEEN        $name: $what"
		unseen=$((unseen + 1))
	else
		echo "seen            $name: $what"
		seen=$((seen + 1))
	fi
	plant -R <"$patch" >>"$log" 2>&1
done
echo "$seen seen, $unseen not seen, $broken broken"
[ $unseen -eq 0 ] && [ $broken -eq 0 ]
