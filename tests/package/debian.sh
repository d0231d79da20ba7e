#!/bin/sh
# SPDX-License-Identifier: MIT
# debian.sh build: on a fresh system of Debian, makes the packages from what Build-Depends name, into out/deb/, and has
# lintian check them. debian.sh use: on another, installs, uses, upgrades and removes those. `make test-deb` runs both.
# Each changes the system that it runs on. Prints TAP.
set -u
source=$(cd "${0%/*}/../.." && pwd)
. "$source/tests/package/tap.sh"
packages=$source/out/deb
work=$(mktemp -d)
cd "$work" || exit 1
export DEBIAN_FRONTEND=noninteractive

install() {
	apt-get -qq install -y --no-install-recommends "$@"
}

build_depends() {
	(cd "$source" && apt-get -qq build-dep -y --no-install-recommends .)
}

# The program, libraries, headers and documentation, and nothing that is not listed in debian/control.
all_packages() {
	ls "$packages" | sed -n '/-dbgsym_/d; s/_.*//p' | sort >made
	sed -n 's/^Package: //p' "$source/debian/control" | sort >stated
	# The other processors have no objc_msgSend.
	case $(dpkg --print-architecture) in
	amd64 | arm64) ;;
	*) sed -i /msgsend/d stated ;;
	esac
	diff made stated
}

tree_is_clean() {
	[ ! -e "$source/debian/.debhelper" ] && [ ! -e "$source/debian/files" ] && [ ! -e "$source/debian/tmp" ] &&
		ls -d "$source"/../*.deb 2>/dev/null | grep . && return 1
	return 0
}

# Nothing of this library's path is the same on two processors but what is in a folder of its own for each.
paths() {
	for package in libtongs0 libtongs-cf0 libtongs-msgsend0 libtongs-dev vulkan-layer-tongs; do
		[ -e "$packages/$package"_*.deb ] || continue
		dpkg-deb -f "$packages/$package"_*.deb Multi-Arch | grep -qx same || return 1
		# Text alone may lie outside them, and is the same.
		dpkg-deb --fsys-tarfile "$packages/$package"_*.deb | tar -tf - |
			grep -v -e '/$' -e "^./usr/lib/$(cc -print-multiarch)/" -e '^./usr/share/' -e '^./usr/include/' && return 1
	done
	dpkg-deb --fsys-tarfile "$packages"/vulkan-layer-tongs_*.deb |
		tar -xOf - ./usr/share/vulkan/explicit_layer.d/VkLayer_tongs_metal_interop.json |
		grep '"library_path": "libVkLayer_tongs_metal_interop.so"'
}

# What a package's symbols file says of the version that a program needs.
symbols() {
	dpkg-deb -I "$packages"/libtongs0_*.deb symbols >listed || return 1
	grep -c '@TONGS_0.1 0.1.0$' listed && grep -c "@TONGS_PRIVATE_$version $version$" listed
}

# What calls libtongs' private symbols, which are of one version alone, depends on that version.
exact_needs() {
	users=0
	for package in "$packages"/*.deb; do
		rm -rf parts && dpkg-deb -x "$package" parts || return 1
		for file in $(find parts -type f '(' -path '*/bin/*' -o -name '*.so' -o -name '*.so.*' ')'); do
			nm -D --undefined-only "$file" | grep -q @TONGS_PRIVATE_ || continue
			users=$((users + 1))
			echo "$file: $(dpkg-deb -f "$package" Depends)"
			dpkg-deb -f "$package" Depends | grep -qF "libtongs0 (= $version)" || return 1
		done
	done
	[ $users -ge 2 ]
}

# older_packages: the same ones under a lower version, as an upgrade meets them.
older_packages() {
	mkdir -p older
	for package in "$packages"/*.deb; do
		rm -rf parts
		dpkg-deb -R "$package" parts || return 1
		sed -i "s/^Version: .*/Version: 0.0.9/; s/= $version)/= 0.0.9)/g" parts/DEBIAN/control
		for library in $(find parts -name "*.so.$version"); do
			mv "$library" "${library%"$version"}0.0.9"
			for link in $(find "${library%/*}" -lname "${library##*/}"); do
				ln -sf "$(basename "${library%"$version"}0.0.9")" "$link"
			done
		done
		(cd parts && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | xargs md5sum >DEBIAN/md5sums)
		dpkg-deb -b --root-owner-group -Zgzip parts older || return 1
	done
	ls older
}

installed_version() {
	dpkg-query -W -f '${db:Status-Status} ${Version} ${Package}\n' '*tongs*' | grep '^installed' >versions
	cat versions
	[ "$(wc -l <versions)" -eq "$(ls "$packages" | grep -vc dbgsym)" ] && ! grep -v "^installed $1 " versions
}

install_all() {
	install $(ls "$1"/*.deb | grep -v dbgsym) && installed_version "$2"
}

# A layer of one version beside a libtongs of another would not load.
upgrades_together() {
	install "$packages"/libtongs0_*.deb
	dpkg-query -W -f '${db:Status-Status} ${Version}\n' libtongs0 vulkan-layer-tongs 2>/dev/null | grep ^installed |
		sort -u >versions
	cat versions
	[ "$(wc -l <versions)" -eq 1 ]
}

# A library's file has its version in its name.
no_old_files() {
	find /usr -name '*tongs*.so.0.0.9' | grep . && return 1
	ls /usr/lib/*/libtongs.so."$version"
}

# The commands of the README, behind its C block.
readme_program() {
	cp -r "$source/examples" .
	awk '/^```c$/ { seen = 1 } seen && /^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$source/README.md" >commands
	cat commands
	grep -q pkg-config commands && sh -e commands >log 2>&1
	status=$?
	cat log
	[ $status -eq 0 ] && grep -qx 'MTLBuffer, 4096 bytes: written through Vulkan' log
}

all_is_well() {
	tongs check >checked
	status=$?
	cat checked
	[ $status -eq 0 ] && tail -n 1 checked | grep '^All is well: [1-9][0-9]* checks ok'
}

# Where each shell looks by itself.
completions() {
	install bash-completion zsh fish || return 1
	bash -c '. /usr/share/bash-completion/bash_completion && _completion_loader tongs; complete -p tongs' || return 1
	zsh -fc 'autoload -Uz compinit && compinit -u -D && [ "$_comps[tongs]" = _tongs ]' || return 1
	[ -n "$(fish -c 'complete -C "tongs chec"' | grep '^check')" ]
}

# The layer's name without a folder leads the loader to it.
implicit_layer() {
	prints 'MTLBuffer, 4096 bytes: written through Vulkan' env TONGS_ENABLE=1 ./export_buffer
}

apple_program() {
	printf '%s\n' '#include <CoreFoundation/CoreFoundation.h>' '#include <objc/message.h>' \
		'void *volatile functions[] = {(void *)CFRetain, (void *)objc_msgSend};' \
		'int main(void) { return !functions[0] || !functions[1]; }' >apple.c
	gcc -Wall -Wextra -Werror apple.c -o apple $(pkg-config --cflags --libs tongs-apple) && ./apple &&
		ldd apple | grep libtongs_cf && ldd apple | grep libtongs_msgsend
}


program_needs() {
	mkdir -p debian && printf 'Source: program\n\nPackage: program\nArchitecture: any\n' >debian/control
	dpkg-shlibdeps -O ./export_buffer 2>&1 | grep 'libtongs0 (>= 0\.1\.0)'
}

manual_pages() {
	for page in man1/tongs.1 man7/tongs-layer.7; do
		gzip -dc "/usr/share/man/$page.gz" | grep "^\.TH .*\"Tongs $version\"" || return 1
	done
}

documentation() {
	for file in README.md docs/porting.md docs/demo.png examples/export_buffer.c; do
		ls -l "/usr/share/doc/tongs/$file" || return 1
	done
}

remove_all() {
	names=$(dpkg-query -W -f '${Package} ' '*tongs*')
	apt-get -qq remove -y $names && apt-get -qq purge -y $names
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' '*tongs*' 2>/dev/null | grep -v '^not-installed' && return 1
	return 0
}

list_files() {
	find / -xdev '(' -path "$source" -o -path "$work" -o -path /proc -o -path /sys -o -path /dev -o -path /tmp \
		-o -path /var/cache -o -path /var/log ')' -prune -o -print | sort
}

# Neither by name nor in a folder that Tongs alone has; what its packages depended on may stay.
nothing_left() {
	list_files >behind
	comm -13 before behind >new
	grep -i -e tongs -e /Metal -e IOSurface new && return 1
	grep -rl tongs /etc /var/lib/dpkg/info 2>/dev/null && return 1
	[ -s new ] # what the comparison itself is worth: the dependencies are there
}

version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$source/debian/changelog")
case ${1-} in
build)
	echo 1..8
	check 'what Build-Depends name is there' build_depends
	check 'packages are made' "$source/scripts/deb.sh" "$packages"
	check 'they are those of debian/control' all_packages
	check 'the tree stays as it is' tree_is_clean
	check 'only text lies outside the folders of a processor' paths
	check 'the symbols files give versions' symbols
	check 'what calls private symbols depends on their version' exact_needs
	install lintian >/dev/null 2>&1
	check 'lintian finds nothing' lintian --fail-on error,warning --allow-root "$packages"/*.deb
	;;
use)
	list_files >before
	echo 1..16
	check 'packages of an older version are made' older_packages
	check 'they install, with what they depend on' install_all "$work/older" 0.0.9
	check 'the layer is upgraded with libtongs, or removed' upgrades_together
	check 'all are upgraded' install_all "$packages" "$version"
	check 'nothing of the older version is left' no_old_files
	check 'a driver and what programs are made with install' install mesa-vulkan-drivers libc6-dev pkgconf dpkg-dev
	check 'the program runs' prints "tongs $version" tongs --version
	check 'tongs check says that all is well' all_is_well
	check "the README's program compiles and runs" readme_program
	check 'TONGS_ENABLE=1 switches the layer on' implicit_layer
	check 'a program compiles with tongs-apple and runs' apple_program
	check 'a package of the program would need libtongs0 of 0.1.0' program_needs
	check 'the manual pages are there' manual_pages
	check 'the documentation is there' documentation
	check 'bash, zsh and fish complete the command' completions
	check 'all are removed and purged, and nothing is left' eval 'remove_all && nothing_left'
	;;
*)
	echo "usage: $0 build|use" >&2
	exit 2
	;;
esac
cd / && rm -rf "$work"
[ $failures -eq 0 ]
