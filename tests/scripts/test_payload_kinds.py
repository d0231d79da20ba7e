#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_payload_kinds.py SOURCE: each kind of payload is known to its own file alone, and everybody else uses memory/payload.h
and vulkan/import_kind.h.

Prints TAP, with each line of src that names something of a kind elsewhere."""
import pathlib
import re
import sys

# The file of a kind, and Vulkan's names for what it imports.
KINDS = {
    "src/memory/host_pages.c": r"HOST_ALLOCATION|MemoryHostPointer|ImportedHostPointer|EXTERNAL_MEMORY_HOST|"
                               r"ExternalMemoryHost|external_memory_host",
}
# chain_sizes.inc is generated: all structs of Vulkan's.
EXEMPT = {"src/layer/chain_sizes.inc"}


def find(source, pattern):
    """Lines of src that match, by the path of their file."""
    found = {}
    for path in sorted((source / "src").rglob("*")):
        name = str(path.relative_to(source))
        if path.suffix not in (".c", ".h", ".inc", ".in") or name in EXEMPT:
            continue
        lines = path.read_text().split("\n")
        matches = [f"{name}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if pattern.search(line)]
        if matches:
            found[name] = matches
    return found


def main():
    source = pathlib.Path(sys.argv[1])
    print(f"1..{2 * len(KINDS)}")
    for number, (owner, pattern) in enumerate(KINDS.items()):
        found = find(source, re.compile(pattern))
        # A pattern that no longer matches its own file would find nothing elsewhere, either.
        print(f"{'ok' if owner in found else 'not ok'} {2 * number + 1} - {owner} names its kind")
        others = [line for name, lines in found.items() if name != owner for line in lines]
        for line in others:
            print("# " + line)
        print(f"{'not ok' if others else 'ok'} {2 * number + 2} - no other file does")


main()
