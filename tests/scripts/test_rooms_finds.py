#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_rooms_finds.py TEST_ROOMS: what test_rooms.py finds in small trees. Prints TAP."""
import json
import pathlib
import subprocess
import sys
import tempfile

CLEAN = {
    "src/util/base.h": "int base(void);",
    "src/util/base.c": '#include "util/base.h"\nint base(void) { return 0; }',
    "src/util/user.c": '#include "util/base.h"\nint user(void);\nint user(void) { return base(); }',
    "src/format/table.c": '#include "util/base.h"\nint table(void);\nint table(void) { return base(); }',
}

# What is tried, what differs from CLEAN, the room, part of the expected comment; None: the room is clean.
ROWS = [
    ("a clean room", {}, "util", None),
    ("a room that uses an earlier one", {}, "format", None),
    ("an #include of a later room", {"src/format/table.h": "", "src/util/user.c": '#include "format/table.h"\n'}, "util",
     'src/util/user includes "format/table.h"'),
    ("a symbol of a later room", {"src/util/user.c": "int table(void);\nint user(void);\nint user(void) { return table(); }"},
     "util", "src/util/user uses table"),
    ("a circle of #includes", {"src/util/a.h": '#include "b.h"\n', "src/util/b.h": '#include "a.h"\n'}, "util",
     "a circle: src/util/a, src/util/b"),
    ("a circle of symbols", {"src/util/base.c": "int user(void);\nint base(void);\nint base(void) { return user(); }"},
     "util", "a circle: src/util/base, src/util/user"),
    ("a tool that reaches into the library", {"tools/tongs/main.c": '#include "util/base.h"\n'}, "tools",
     "util is not for tools"),
    ("the library that uses a demo", {"demos/smithy/scene.h": "", "src/util/user.c": '#include "scene.h"\n'}, "util",
     "demos is not for util"),
    ("a room without files", {}, "metal", "metal has no files"),
]


def run(script, files, room):
    with tempfile.TemporaryDirectory() as folder:
        source, build = pathlib.Path(folder), pathlib.Path(folder, "build")
        commands = []
        for name, text in files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name in files:
            if name.startswith("src/") and name.endswith(".c"):
                output = "src/libtongs-archive.a.p/" + name.replace("/", "_") + ".o"
                (build / output).parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cc", "-c", source / name, "-I", source / "src", "-I", source / "demos/smithy", "-o",
                                build / output], check=True)
                commands.append({"directory": str(build), "file": "../" + name, "output": output, "command": "cc"})
        (build / "compile_commands.json").write_text(json.dumps(commands))
        return subprocess.run([script, source, build, room], capture_output=True, text=True, check=True).stdout


print(f"1..{len(ROWS)}")
for number, (what, changes, room, wanted) in enumerate(ROWS, 1):
    printed = run(sys.argv[1], CLEAN | changes, room)
    passed = f"ok 2 - {room}" in printed.splitlines() if wanted is None else \
        f"not ok 2 - {room}" in printed.splitlines() and wanted in printed
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")
    if not passed:
        print("# " + printed.replace("\n", "\n# "))
