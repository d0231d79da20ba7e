# SPDX-License-Identifier: MIT
# For the scripts beside it, which source it: checks that print TAP. They write into the working directory.
count=0 failures=0
check() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >output 2>&1; then
		echo "ok $count - $name"
	else
		failures=$((failures + 1))
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
