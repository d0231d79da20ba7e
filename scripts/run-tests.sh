#!/bin/sh
# SPDX-License-Identifier: MIT
# run-tests.sh BUILD [TITLE [MESON-TEST-OPTION...]]: builds and runs the suite of a build folder; its last line counts
# the test cases, after `TITLE: ` if there is one. LOG: the name of the log in meson-logs/, testlog if there is none.
set -u
log=${LOG:-testlog}
build=$1
title=${2-}
shift
[ $# -eq 0 ] || shift

rm -f "$build/meson-logs/$log"*.json
# One process more than there are cores, for some tests wait.
meson test -C "$build" --num-processes $(($(nproc) + 1)) --logbase "$log" --print-errorlogs "$@"
status=$?
# Meson puts a wrapper's name into the log's.
"$(dirname "$0")/count-tests.py" "$build/meson-logs/$log"*.json ${title:+"$title"} && [ $status -eq 0 ]
