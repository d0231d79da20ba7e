#!/bin/sh
# SPDX-License-Identifier: MIT
# memcheck.sh KINDS PROGRAM [ARGUMENT...]: runs a program under valgrind; exits with 9 where that finds anything that may
# be of Tongs, leaks of these KINDS included.
supp=$(dirname "$0")/../tests/package
kinds=$1
shift

# Older versions, which do not know the kind of error, end at a suppression of it.
if valgrind --help | grep -q show-realloc-size-zero; then
	set -- --suppressions="$supp/valgrind-realloc.supp" "$@"
fi
exec valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds="$kinds" --show-leak-kinds="$kinds" \
	--suppressions="$supp/valgrind.supp" "$@"
