# SPDX-License-Identifier: MIT
# Two commands: `make run` and `make test`. `make help` lists the rest. Meson does the building, in build/.

PREFIX ?= /usr/local
# Where pkg-config and the dynamic linker look below /usr/local; Meson's own guess needs packages to be right.
LIBDIR ?= lib
# Of Debian, whose packages are tested.
RELEASES ?= bookworm trixie

help:
	@echo 'make run       install what is missing, build, and run the demo; pictures in out/'
	@echo 'make test      the same set-up, then the whole test suite'
	@echo 'make test-programs'
	@echo '               real programs and layers with and without Tongs: exit codes and pictures, in out/programs/'
	@echo 'make test-trixie'
	@echo '               run and test on a fresh minimal system of Debian 13 in a folder; needs root and Debian'
	@echo 'make bench     the same set-up as run, then what sharing costs on this machine; four minutes at most'
	@echo 'make bench-check'
	@echo '               fails where that is worse than twice its goal; a minute and a half at most'
	@echo 'make bench-instructions'
	@echo '               the set-up of test, then the instructions that the layer adds to calls, by callgrind'
	@echo 'make bench-start'
	@echo '               the set-up of test, then the time and memory that the layer adds to a process'
	@echo 'make install   build, and install under PREFIX ($(PREFIX)); DESTDIR is honoured. Like run, calls'
	@echo '               apt-get first, for what is missing'
	@echo 'make uninstall removes what that installed, with the same PREFIX, LIBDIR and DESTDIR'
	@echo 'make deb       Debian packages, in out/deb/'
	@echo 'make test-deb  makes the packages, installs, uses, upgrades and removes them on fresh systems of Debian'
	@echo '               12 and 13 in folders; needs root and Debian; RELEASES=trixie for one of them'
	@echo 'make reproducible'
	@echo '               builds two copies with LTO: the same files? tests do the same without'
	@echo 'make lint      formatting, static checks, public headers, warnings of two compilers'
	@echo 'make sanitize  the test suite under ASan and UBSan, then under TSan; the quick tests under valgrind'
	@echo 'make fuzz      the fuzzers, a minute at most; SECONDS=600 for ten minutes of each'
	@echo 'make mutants   plants the faults of tests/mutants/ one by one: which tests see them; ten minutes at most'
	@echo 'make coverage  line coverage by the test suite, per room; fails under 95 %'
	@echo 'make report    what the last runs of test and sanitize counted: rules, refusals, failures, stress, races'
	@echo 'make clean     remove what was built'

run:
	@scripts/setup.sh run
	@test -f build/build.ninja || meson setup build -Dtests=false
	@meson compile -C build
	@build/tools/tongs/tongs demo --out out

test:
	@scripts/setup.sh test
	@scripts/swiftshader.sh get || true
	@test -f build/build.ninja || meson setup build
	@meson configure build -Dtests=true
	@scripts/run-tests.sh build

test-programs:
	@scripts/setup.sh programs
	@test -f build/build.ninja || meson setup build -Dtests=false
	@meson compile -C build
	@tests/programs/programs.py build/tools/tongs/tongs out/programs

test-trixie:
	@scripts/on-debian.sh trixie 'make run && make test'

bench:
	@scripts/setup.sh run
	@test -f build/build.ninja || meson setup build -Dtests=false
	@meson compile -C build
	@build/tools/tongs/tongs bench

bench-check:
	@scripts/setup.sh run
	@test -f build/build.ninja || meson setup build -Dtests=false
	@meson compile -C build
	@build/tools/tongs/tongs bench --quick --check

bench-instructions:
	@scripts/setup.sh test
	@test -f build/build.ninja || meson setup build
	@meson configure build -Dtests=true
	@meson compile -C build
	@scripts/count-instructions.py build/tests/layer/counted_calls tests/layer/instructions.txt

bench-start:
	@scripts/setup.sh test
	@test -f build/build.ninja || meson setup build
	@meson configure build -Dtests=true
	@meson compile -C build
	@scripts/measure-start.py --times build/tests/many/start build/src/layer

install:
	@scripts/setup.sh run
	@test -f build/build.ninja || meson setup build -Dtests=false
	@meson configure build -Dtests=false "-Dprefix=$(PREFIX)" "-Dlibdir=$(LIBDIR)"
	@meson compile -C build
	@meson install -C build --no-rebuild
	@test -n "$(DESTDIR)" || test "$$(id -u)" -ne 0 || ldconfig
	@test -n "$(DESTDIR)" || scripts/say-installed.sh "$(PREFIX)" "$(LIBDIR)"

uninstall:
	@test -f build/build.ninja || meson setup build -Dtests=false
	@meson configure build "-Dprefix=$(PREFIX)" "-Dlibdir=$(LIBDIR)"
	@meson compile -C build
	@scripts/uninstall.sh build "$(PREFIX)"
	@test -n "$(DESTDIR)" || test "$$(id -u)" -ne 0 || ldconfig

deb:
	@scripts/setup.sh deb
	@scripts/deb.sh out/deb
	@ls out/deb/*.deb

test-deb:
	@for release in $(RELEASES); do \
		scripts/on-debian.sh $$release tests/package/debian.sh build --then tests/package/debian.sh use || exit 1; \
	done

reproducible:
	@scripts/setup.sh run
	@tests/package/copies.sh "$(CURDIR)" -Db_lto=true

lint:
	@scripts/setup.sh lint
	@scripts/lint.sh

sanitize:
	@scripts/setup.sh test
	@scripts/sanitize.sh

fuzz:
	@scripts/setup.sh fuzz
	@scripts/fuzz.sh $(SECONDS)

mutants:
	@scripts/setup.sh mutants
	@scripts/mutants.sh

coverage:
	@scripts/setup.sh coverage
	@scripts/coverage.sh

report:
	@scripts/report.py build build-tsan

clean:
	rm -rf build build-lint-* build-asan build-tsan build-fuzz build-coverage build-mutants build-deb out

.PHONY: help run test test-programs test-trixie bench bench-check bench-instructions bench-start install uninstall deb test-deb reproducible lint sanitize fuzz mutants coverage report clean
