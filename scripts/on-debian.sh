#!/bin/bash
# SPDX-License-Identifier: MIT
# on-debian.sh RELEASE COMMAND... [--then COMMAND...]: runs a shell command in a clone of this tree on a fresh minimal
# system of that Debian release with gcc and make, which is made in a folder and thrown away. Needs root. The command
# behind --then runs on a second one, as fresh, whose clone has got out/ of the first. Mirror, keys and proxies are those
# of this machine's apt. What debootstrap made is kept for a month in tongs/ of XDG_CACHE_HOME, where that can be written.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
	echo "on-debian: $*" >&2
	exit 1
}

usage='usage: on-debian.sh RELEASE COMMAND... [--then COMMAND...]'
[ $# -ge 2 ] || fail "$usage"
release=$1
given=("${@:2}")
[ "$(id -u)" -eq 0 ] || fail "a system in a folder needs root: sudo $0 $release ..."
first= second= behind=
for word in "${given[@]}"; do
	if [ "$word" = --then ] && [ -z "$behind" ]; then
		behind=yes
	elif [ -z "$behind" ]; then
		first+=${first:+ }$word
	else
		second+=${second:+ }$word
	fi
done
[ -n "$first" ] && [ -n "$second" -o -z "$behind" ] || fail "$usage"

# In a mount namespace of its own nothing stays mounted, however this ends.
if [ -z "${TONGS_OWN_MOUNTS-}" ]; then
	if unshare --mount --propagation private true 2>/dev/null; then
		TONGS_OWN_MOUNTS=yes exec unshare --mount --propagation private "$PWD/scripts/on-debian.sh" "$@"
	fi
	export TONGS_OWN_MOUNTS=no
fi

root=$(mktemp -d "${TMPDIR:-/var/tmp}/tongs-$release.XXXXXX")
chmod 755 "$root" # apt reads it as a user of its own
unmount_all() {
	for folder in proc sys dev; do
		mountpoint -q "$root/$folder" && umount --recursive --lazy "$root/$folder"
	done
	true
}
clean_up() {
	unmount_all
	rm -rf --one-file-system "$root" "$root.second"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# The archive that this machine's own packages come from, which has its siblings' too.
mirror() {
	. /etc/os-release
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v release="${VERSION_CODENAME-}" '$2 == release && $3 == "main" { print $1; exit }'
}

bootstrap() {
	local from keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	from=$(mirror)
	[ -n "$from" ] || fail 'no archive of this Debian release is among the sources of apt'
	eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
	export http_proxy https_proxy
	debootstrap --variant=minbase ${keyring:+--keyring="$keyring"} "$release" "$root" "$from" >"$root.log" 2>&1 || {
		tail -n 20 "$root.log" >&2
		fail "debootstrap cannot make a system of $release"
	}
	rm -f "$root.log"
}

fill() {
	local cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tongs
	local kept=$cache/$release-$(dpkg --print-architecture).tar
	if [ -n "$(find "$kept" -mtime -30 2>/dev/null)" ] && tar -C "$root" -xpf "$kept" --numeric-owner; then
		return
	fi
	bootstrap
	if mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; then
		tar -C "$root" --one-file-system --numeric-owner -cf "$kept.$$" . && mv "$kept.$$" "$kept" || rm -f "$kept.$$"
	fi
}

mount_all() {
	mount --rbind /proc "$root/proc" 2>/dev/null || mount -t proc proc "$root/proc" 2>/dev/null ||
		fail 'nothing can be mounted on this machine, and the tests read /proc'
	# debootstrap has made the devices that matter most.
	mount --rbind /dev "$root/dev" 2>/dev/null || true
	mount --rbind /sys "$root/sys" 2>/dev/null || true
}

configure() {
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
	apt-config dump | grep '^Acquire::' >"$root/etc/apt/apt.conf.d/90host"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/90thrown-away" # nothing has to survive a crash
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no package starts a daemon
	chmod +x "$root/usr/sbin/policy-rc.d"
	local certificates=/etc/ssl/certs/ca-certificates.crt
	[ ! -f $certificates ] || install -D -m 644 $certificates "$root$certificates"
}

inside() {
	chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb \
		DEBIAN_FRONTEND=noninteractive sh -ec "$*" </dev/null
}

scripts/setup.sh systems
fill
mount_all
configure
git clone --quiet --no-hardlinks . "$root/tongs"
inside 'apt-get -qq update && apt-get -qq install -y --no-install-recommends gcc make >/dev/null'
echo "on-debian: $(inside '. /etc/os-release; echo "$PRETTY_NAME"')"
[ -z "$second" ] || cp -a --one-file-system "$root" "$root.second"

inside "cd /tongs && $first" || fail "$release: failed: $first"
echo "on-debian: $release: passed: $first"
[ -n "$second" ] || exit 0

[ ! -d "$root/tongs/out" ] || mv "$root/tongs/out" "$root.second/tongs/"
unmount_all
rm -rf --one-file-system "$root"
mv "$root.second" "$root"
mount_all
inside "cd /tongs && $second" || fail "$release: failed: $second"
echo "on-debian: $release: passed: $second"
