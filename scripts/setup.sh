#!/bin/sh
# SPDX-License-Identifier: MIT
# setup.sh run|test|programs|lint|fuzz|mutants|coverage|deb|systems: installs what is missing of scripts/packages.txt;
# touches no network when nothing is.
set -eu

case ${1-} in
run)  wanted='run' ;;
test) wanted='run test' ;;
programs) wanted='run programs' ;;
lint) wanted='run test fuzz lint' ;; # the fuzzers' sources, too
fuzz|mutants|coverage) wanted="run test $1" ;;
deb)  wanted='run deb' ;;
systems) wanted=systems ;;
*)    echo "usage: $0 run|test|programs|lint|fuzz|mutants|coverage|deb|systems" >&2; exit 2 ;;
esac

missing= wished=
while read -r command package comment; do
	case " $wanted " in
	*" $command "*) ;;
	*) continue ;;
	esac
	if ! command -v dpkg-query >/dev/null; then
		missing="$missing ${package%\?}"
		continue
	fi
	case $package in
	*\?) wished="$wished ${package%\?}"; continue ;;
	esac
	state=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null || true)
	case " $state" in
	*" installed "*) ;;
	*) missing="$missing $package" ;;
	esac
done <"$(dirname "$0")/packages.txt"

is_missing() {
	case "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" in
	installed) return 1 ;;
	esac
}

# What the release has and the system has not.
for package in $wished; do
	if is_missing "$package" && apt-cache show "$package" >/dev/null 2>&1; then
		missing="$missing $package"
	fi
done

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
# On a fresh system, only the update makes the list of packages known.
for package in $wished; do
	if is_missing "$package" && apt-cache show "$package" >/dev/null 2>&1; then
		as_root apt-get install -y --no-install-recommends "$package" || true
	fi
done
