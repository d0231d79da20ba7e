#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_rooms.py SOURCE BUILD [ROOM...]: which files use which, by #include and by the symbols of their object files.

A room may use those before it, and its files form no circle. client, tools and demos include public headers only; tools
and demos may use client.
Prints TAP, with each circle and each arrow that runs back."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

ROOMS = ["util", "format", "vulkan", "memory", "metal", "commands", "objc", "cf", "layer"]
CLIENTS = {"client": ["include"], "demos": ["include", "client"], "tools": ["include", "client", "demos"]}
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


class Uses:
    """Files by their path without the ending: a source and its header are one."""

    def __init__(self, source):
        self.edges = collections.defaultdict(dict)  # from file to file, with a reason
        self.source = source

    def add(self, user, used, reason):
        if user != used:
            self.edges[user].setdefault(used, reason)

    def resolve(self, path, name):
        for folder in (path.parent, self.source, self.source / "src", self.source / "tools/tongs", self.source / "demos/smithy"):
            found = pathlib.Path(os.path.normpath(folder / name))
            if found.exists():
                return str(found.relative_to(self.source).with_suffix(""))
        return None  # generated

    def read_includes(self, folder):
        for path in sorted((self.source / folder).rglob("*.[ch]")):
            user = str(path.relative_to(self.source).with_suffix(""))
            self.edges[user]  # one that uses nothing is a file, too
            for name in INCLUDE.findall(path.read_text()):
                used = self.resolve(path, name)
                if used:
                    self.add(user, used, f'includes "{name}"')

    def read_symbols(self, build):
        defined, wanted = {}, []
        for user, path in list_objects(build, self.source):
            for line in subprocess.run(["nm", "-g", path], capture_output=True, text=True, check=True).stdout.split("\n"):
                words = line.split()
                if len(words) == 2 and words[0] == "U":
                    wanted.append((user, words[1]))
                elif len(words) == 3 and words[1] in "TDBRCVW":
                    defined[words[2]] = user
        for user, symbol in wanted:
            if symbol in defined:
                self.add(user, defined[symbol], f"uses {symbol}")
        return len(defined)


def list_objects(build, source):
    """Each object file of the library and of the layer, with the file it is compiled from."""
    with open(build / "compile_commands.json", encoding="utf-8") as commands:
        for entry in json.load(commands):
            if entry["output"].startswith(("src/libtongs-archive.a.p/", "src/layer/libVkLayer_tongs_metal_interop.so.p/")):
                path = pathlib.Path(entry["directory"], entry["file"]).resolve()
                if "-flto" in entry["command"]:
                    print("1..0 # SKIP object files made with -flto name no symbols")
                    sys.exit(77)
                yield str(path.relative_to(source.resolve()).with_suffix("")), pathlib.Path(entry["directory"], entry["output"])


def room_of(name):
    parts = name.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else parts[0]


def find_circles(edges, files):
    """Strongly connected sets of more than one file, by Tarjan."""
    index, low, stack, circles = {}, {}, [], []

    def visit(file):
        index[file] = low[file] = len(index)
        stack.append(file)
        for used in edges[file]:
            if used not in files:
                continue
            if used not in index:
                visit(used)
                low[file] = min(low[file], low[used])
            elif used in stack:
                low[file] = min(low[file], index[used])
        if low[file] == index[file]:
            circle = []
            while not circle or circle[-1] != file:
                circle.append(stack.pop())
            if len(circle) > 1:
                circles.append(sorted(circle))

    for file in sorted(files):
        if file not in index:
            visit(file)
    return circles


def check_room(uses, room):
    files = {file for file in uses.edges if room_of(file) == room}
    allowed = CLIENTS[room] if room in CLIENTS else ROOMS[: ROOMS.index(room)]
    faults = [] if files else [f"{room} has no files"]
    for file in sorted(files):
        for used, reason in uses.edges[file].items():
            other = room_of(used)
            if other != room and other not in allowed:
                faults.append(f"{file} {reason}: {other} is not for {room}")
    for circle in find_circles(uses.edges, files):
        faults.append("a circle: " + ", ".join(circle))
        for file in circle:
            faults += [f"  {file} {uses.edges[file][used]} of {used}" for used in circle if used in uses.edges[file]]
    return faults


def main():
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    uses = Uses(source)
    for folder in ("src", *CLIENTS):
        uses.read_includes(folder)
    symbols = uses.read_symbols(build)
    rooms = sys.argv[3:] or [*ROOMS, *CLIENTS]
    print(f"1..{len(rooms) + 1}")
    print(f"{'ok' if symbols else 'not ok'} 1 - {symbols} symbols of the library and the layer")
    for number, room in enumerate(rooms, 2):
        faults = check_room(uses, room)
        for fault in faults:
            print("# " + fault)
        print(f"{'not ok' if faults else 'ok'} {number} - {room}")


main()
