#!/bin/sh
# SPDX-License-Identifier: MIT
# say-installed.sh PREFIX LIBDIR: after `make install`, says what programs need that are built with it, if they need
# something: where the dynamic linker and pkg-config do not look by themselves.
set -eu
prefix=${1%/}
case $2 in
/*) libdir=$2 ;;
*) libdir=$prefix/$2 ;;
esac
PATH=$PATH:/usr/sbin:/sbin

said=
say() {
	[ -n "$said" ] || echo "Tongs is installed below $prefix. What is there needs, in the environment:"
	said=yes
	echo "  $1"
}

case :$PATH: in
*":$prefix/bin:"*) ;;
*) say "PATH=$prefix/bin:\$PATH" ;;
esac
# The order in which two lists name their folders does not matter here.
folders=$(pkg-config --variable=pc_path pkg-config 2>/dev/null || true)
case :${PKG_CONFIG_PATH-}:$folders: in
*":$libdir/pkgconfig:"*) ;;
*) say "PKG_CONFIG_PATH=$libdir/pkgconfig   # to compile programs" ;;
esac
case :${LD_LIBRARY_PATH-}: in
*":$libdir:"*) ;;
*)
	if ! ldconfig -p 2>/dev/null | grep -qF " $libdir/libtongs.so.0"; then
		say "LD_LIBRARY_PATH=$libdir   # to run programs; tongs run sets it itself"
	fi
	;;
esac
