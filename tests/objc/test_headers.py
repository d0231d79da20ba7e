#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_headers.py SOURCE OBJC_HEADERS FOUNDATION_FLAG...: compiles client.m in every way programs are.

SOURCE has include/ and tests/objc/client.m, OBJC_HEADERS has objc/ of GCC's runtime. Each case is a row of compiler,
language, ownership and Foundation; a warning fails it. Prints TAP."""
import itertools
import pathlib
import subprocess
import sys
import tempfile

# What clang calls a fault in every C++ program, in GNUstep's names, and where it asks for another language.
NOT_FOR_US = ["-Wno-c++98-compat", "-Wno-c++98-compat-pedantic", "-Wno-reserved-identifier", "-Wno-old-style-cast",
              "-Wno-unsafe-buffer-usage", "-Wno-pre-c11-compat", "-Wno-declaration-after-statement"]
GCC_FLAGS = ["-Wall", "-Wextra"]
CLANG_FLAGS = ["-Weverything", "-Wno-unknown-warning-option", "-fblocks", *NOT_FOR_US]
LIBOBJC2 = ["-fobjc-runtime=gnustep-2.0", "-isystem", str(pathlib.Path(__file__).parent / "libobjc2")]
COMPILERS = {  # the name of a way to compile: compiler, flags
    "gcc": ("gcc", GCC_FLAGS),
    "clang": ("clang", [*CLANG_FLAGS, "-fobjc-runtime=gcc"]),
    "clang for libobjc2": ("clang", [*CLANG_FLAGS, *LIBOBJC2]),
    "clang for libobjc2 with ARC": ("clang", [*CLANG_FLAGS, *LIBOBJC2, "-fobjc-arc"]),
}


def list_cases(foundation):
    """Names and command lines."""
    for (name, (compiler, flags)), language, with_foundation in itertools.product(
            COMPILERS.items(), ("objective-c", "objective-c++"), (False, True)):
        more = ["-x", language]
        if with_foundation:
            # Folders of the system, whose warnings are not ours.
            more += ["-isystem" + flag[2:] if flag.startswith("-I") else flag for flag in foundation if flag != "-Wall"]
        yield f"{name}, {language}{', Foundation' if with_foundation else ''}", [compiler, *flags, *more]


def compiles(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.returncode == 0 and not result.stderr, result.stderr


def has_objective_cpp():
    return "cc1objplus" not in compiles(["gcc", "-x", "objective-c++", "-fsyntax-only", "/dev/null"])[1]


def main():
    source, objc_headers, *foundation = sys.argv[1:]
    common = ["-I", f"{source}/include", "-isystem", f"{source}/include/apple", "-idirafter", objc_headers, "-fsyntax-only"]
    client = f"{source}/tests/objc/client.m"
    cases = [(name, [*command, *common, client]) for name, command in list_cases(foundation)]
    # Of modules, clang's own warnings are about their parts.
    cases += [(f"{name}, modules", [*command, "-Wno-everything", "-Wall", "-Wextra", "-fmodules", "-DWITH_MODULES", *common, client])
              for name, command in list_cases(foundation) if name.startswith("clang") and "++" not in name]
    print(f"1..{len(cases)}")
    for number, (name, command) in enumerate(cases, 1):
        if name.startswith("gcc, objective-c++") and not has_objective_cpp():
            print(f"ok {number} - {name} # SKIP gobjc++ is not installed")
            continue
        with tempfile.TemporaryDirectory() as cache:
            ok, messages = compiles([*command, f"-fmodules-cache-path={cache}"] if "-fmodules" in command else command)
        for line in messages.split("\n")[:20] if not ok else []:
            print("# " + line)
        print(f"{'ok' if ok else 'not ok'} {number} - {name}")


main()
