#!/bin/sh
# SPDX-License-Identifier: MIT
# Line coverage by the test suite, but for tests that add next to none, per room and in all; fails where less than
# MINIMUM per cent of the lines run.
# What is missing counts as it is: children and _exit end without writing their counts, and some branches need a device
# that lavapipe and the mock are not. build-coverage/coverage.html marks each line.
set -u
cd "$(dirname "$0")/.."
build=build-coverage
MINIMUM=${MINIMUM:-95}

# Above lavapipe, SwiftShader and two of the mock's devices run all but a few of the lines that run above any device; and in
# tests that build a copy of the tree, no line of this build does. `make test` has them all.
tests() {
	meson test -C $build --no-rebuild --list | sed -n 's/^.* \/ //p' |
		grep -vE '^((mock |mock fd )?(anv-tgl|anv-dg2|nvk|swiftshader|hostile|coarse)|drm|package (archive|copies|release))( |$)'
}

test -f $build/build.ninja || CC=gcc meson setup $build -Db_coverage=true >/dev/null || exit 1
meson compile -C $build || exit 1
# Counts of earlier runs and of earlier sources would add up.
find $build -name '*.gcda' -delete
tests | tr '\n' '\0' | xargs -0 scripts/run-tests.sh $build Coverage --timeout-multiplier 4 || exit 1
gcovr -j "$(nproc)" --root . --filter src/ --filter client/ --filter tools/ --filter demos/ --json $build/coverage.json $build 2>$build/gcovr.log || {
	cat $build/gcovr.log >&2
	exit 1
}
# Into a file that nobody reads: gcovr removes it first, and as root would remove /dev/null.
for room in src/*/ client/ tools/*/ demos/*/; do
	printf '%-16s ' "$room"
	gcovr --root . --add-tracefile $build/coverage.json --filter "$room" --txt $build/lines.txt --print-summary | sed -n 's/^lines: //p'
done
gcovr --root . --add-tracefile $build/coverage.json --txt $build/lines.txt --html-details $build/coverage.html --print-summary \
	--fail-under-line "$MINIMUM" >$build/summary.txt
status=$?
printf '%-16s ' 'in all'
sed -n 's/^lines: //p' $build/summary.txt
exit $status
