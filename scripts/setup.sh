#!/bin/sh
# SPDX-License-Identifier: MIT
# setup.sh run|test|lint|fuzz|coverage: installs what is missing of scripts/packages.txt; touches no network when nothing
# is.
set -eu

case ${1-} in
run)  wanted='run' ;;
test) wanted='run test' ;;
lint) wanted='run test fuzz lint' ;; # the fuzzers' sources, too
fuzz|coverage) wanted="run test $1" ;;
*)    echo "usage: $0 run|test|lint|fuzz|coverage" >&2; exit 2 ;;
esac

missing=
while read -r command package comment; do
	case " $wanted " in
	*" $command "*) ;;
	*) continue ;;
	esac
	if ! command -v dpkg-query >/dev/null; then
		missing="$missing $package"
		continue
	fi
	state=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null || true)
	case " $state" in
	*" installed "*) ;;
	*) missing="$missing $package" ;;
	esac
done <"$(dirname "$0")/packages.txt"

[ -n "$missing" ] || exit 0

if ! command -v dpkg-query >/dev/null; then
	echo "This is not a Debian system. Tongs needs what these Debian packages hold:$missing" >&2
	exit 0
fi

line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
	root=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	root=sudo
else
	echo "Packages are missing, and this needs root. As root, run:" >&2
	echo "  apt-get update && $line" >&2
	exit 1
fi

as_root() {
	$root env DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

echo "Installing:$missing"
# One broken source of several fails the update, and need not matter.
as_root apt-get update || true
if ! as_root $line; then
	echo "The packages could not be installed. As root, run:" >&2
	echo "  apt-get update && $line" >&2
	exit 1
fi
