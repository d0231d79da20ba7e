#!/bin/sh
# SPDX-License-Identifier: MIT
# Line coverage of src/ by the test suite, and scripts/coverage.txt's reasons for what no test reaches.
set -u
cd "$(dirname "$0")/.."
build=build-coverage

test -f $build/build.ninja || CC=gcc meson setup $build -Db_coverage=true >/dev/null || exit 1
meson compile -C $build || exit 1
# The counts are of this run and this source.
find $build -name '*.gcda' -delete
scripts/run-tests.sh $build Coverage --timeout-multiplier 4 || exit 1
gcovr --root . --filter src/ --filter tools/ --filter demos/ --json $build/coverage.json $build 2>$build/gcovr.log || {
	cat $build/gcovr.log >&2
	exit 1
}
scripts/coverage.py $build/coverage.json scripts/coverage.txt 90
