# SPDX-License-Identifier: MIT
# For the scripts beside it, which get SOURCE BUILD PREFIX and source it: Tongs installed into a folder of its own, with
# nothing of the source or build folder in reach, and the checks that print TAP. The working directory is a new folder,
# which goes at the end.
source=$1 build=$2 prefix=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root$prefix
cd "$work" || exit 1

count=0
check() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >output 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' output
	fi
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# prints TEXT COMMAND...: it succeeds, prints that and no more, and nothing on stderr.
prints() {
	wanted=$1
	shift
	"$@" >printed 2>errors && [ "$(cat printed)" = "$wanted" ] && [ ! -s errors ] && return
	cat printed errors
	return 1
}

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
