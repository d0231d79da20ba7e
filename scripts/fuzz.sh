#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh [SECONDS]: runs every fuzzer of tests/fuzz/ from its seeds there. Without SECONDS each takes a fixed number of inputs
# from a fixed seed of its random numbers; with it, each takes that long, beginning with what earlier such runs found.
# An input that ends a fuzzer is left in build-fuzz/found/. `fuzz.sh '' setup` makes the build folder alone.
set -u
cd "$(dirname "$0")/.."
seconds=${1-}
build=build-fuzz

# fuzzer and inputs: some seconds each
fuzzers='chains 40000
handles 25000
texture 40000
queries 40000
manifest 60000
messages 40000
ranges 10000
json 15000
settings 60000
command_line 200000'

export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan.txt:print_suppressions=0"
export UBSAN_OPTIONS=print_stacktrace=1

# The corpus of a bounded run is thrown away: it begins with the seeds alone every time.
run_one() {
	name=$1 inputs=$2 corpus=$build/corpus/$1
	limit="-max_total_time=$seconds"
	if [ -z "$seconds" ]; then
		corpus=$(mktemp -d)
		limit="-runs=$inputs"
	fi
	mkdir -p "$corpus" $build/found
	if "$build/tests/fuzz/fuzz-$name" -seed=1 -max_len=1024 -len_control=0 -timeout=20 "$limit" \
		-artifact_prefix="$build/found/$name-" "$corpus" "tests/fuzz/seeds/$name" >"$build/fuzz-$name.log" 2>&1; then
		done=$(sed -n 's/^Done \([0-9]*\) runs in.*/\1/p' "$build/fuzz-$name.log")
		echo "fuzz: $name: $done inputs"
		status=0
	else
		grep -vE '^#[0-9]+' "$build/fuzz-$name.log"
		echo "fuzz: $name: failed; run it again with: $build/tests/fuzz/fuzz-$name $build/found/$name-..."
		status=1
	fi
	[ -n "$seconds" ] || rm -rf "$corpus"
	return $status
}

if [ "${2-}" = one ]; then
	run_one "$3" "$4"
	exit
fi

test -f $build/build.ninja ||
	CC=clang meson setup $build -Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Db_lundef=false --werror \
		>/dev/null || exit 1
[ "${2-}" != setup ] || exit 0
meson compile -C $build $(echo "$fuzzers" | sed 's/ .*//; s/^/fuzz-/') || exit 1
echo "$fuzzers" | xargs -P "$(nproc)" -L 1 "scripts/fuzz.sh" "$seconds" one || exit 1
echo 'fuzz: clean'
