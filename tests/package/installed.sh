# SPDX-License-Identifier: MIT
# For the scripts beside it, which get SOURCE BUILD PREFIX and source it: Tongs installed into a folder of its own, with
# nothing of the source or build folder in reach, and the checks of tap.sh. The working directory is a new folder,
# which goes at the end.
source=$1 build=$2 prefix=$3
. "${0%/*}/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root$prefix
cd "$work" || exit 1

# Not through check(): it sets variables.
install_tongs() {
	meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" || return 1
	# What an install without --destdir would have written.
	pc=$(find "$root" -name '*.pc')
	sed -i "s|^prefix=.*|prefix=$root|" $pc
	libdir=$(dirname "$(find "$root" -name libtongs.so)")
	export PATH="$root/bin:$PATH" PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
}
install_tongs >install.log 2>&1

installed() {
	cat install.log
	test -x "$root/bin/tongs"
}
