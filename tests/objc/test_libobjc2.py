#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_libobjc2.py ARCHIVE SYMBOLS INCLUDE CLANG FLAG...: what libtongs and a program need of each other on libobjc2.

ARCHIVE has src/objc as it is compiled for libobjc2, SYMBOLS lists what that exports, and INCLUDE has the public headers.
A program that names every class of the headers is compiled for ARC. Prints TAP."""
import pathlib
import re
import subprocess
import sys
import tempfile

RUNTIME = re.compile(r"(_?_?objc|class|ivar|method|object|property|protocol|sel)_|_Block_")
CLASS = re.compile(r"^@interface (\w+) :", re.MULTILINE)
MISSING = {"__objc_msg_forward", "class_add_method_list", "objc_malloc", "sel_getTypeEncoding"}  # GCC's runtime alone has them


def read_symbols(path):
    """Those that are defined, and the others."""
    defined, wanted = set(), set()
    for line in subprocess.run(["nm", "-g", path], capture_output=True, text=True, check=True).stdout.split("\n"):
        words = line.split()
        if len(words) == 2 and words[0] in "Uw":
            wanted.add(words[1])
        elif len(words) == 3:
            defined.add(words[2])
    return defined, wanted - defined


def compile_client(classes, compiler, folder):
    source, output = folder / "client.m", folder / "client.o"
    lines = ["#import <Metal/Metal.h>", "#import <IOSurface/IOSurface.h>", "void use(void (*with)(Class));",
             "void use(void (*with)(Class)) {", *(f"\twith([{name} class]);" for name in classes), "}"]
    source.write_text("\n".join(lines) + "\n")
    subprocess.run([*compiler, "-c", source, "-o", output], check=True)
    return output


def main():
    archive, symbols, include, *compiler = sys.argv[1:]
    offered = {line for line in pathlib.Path(symbols).read_text().split("\n") if line and not line.startswith("#")}
    classes = sorted({name for header in pathlib.Path(include).glob("*/*.h") for name in CLASS.findall(header.read_text())})
    defined, wanted = read_symbols(archive)
    with tempfile.TemporaryDirectory() as folder:
        _, named = read_symbols(compile_client(classes, compiler, pathlib.Path(folder)))
    references = {name for name in named if name.startswith("._OBJC_")}
    cases = [
        ("libtongs finds what it calls", {name for name in wanted if RUNTIME.match(name)} - offered),
        ("libtongs calls the runtime", set() if "objc_delete_weak_refs" in wanted else {"objc_delete_weak_refs"}),
        ("it lacks what the list lacks", MISSING & offered),
        ("the program names all classes", {f"._OBJC_REF_CLASS_{name}" for name in classes} - references),
        ("its classes are found", references - defined),
        ("it finds what it calls", {name for name in named if RUNTIME.match(name)} - offered),
    ]
    print(f"1..{len(cases)}")
    for number, (name, faults) in enumerate(cases, 1):
        for fault in sorted(faults):
            print(f"# {fault}")
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")


main()
