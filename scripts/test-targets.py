#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-targets.py BUILD <NAMES: the files that Meson's tests of those names need, as ninja's targets."""

import json
import os
import sys


def main():
    build = sys.argv[1]
    names = {line.strip() for line in sys.stdin}

    def introspect(what):
        with open(os.path.join(build, "meson-info", "intro-%s.json" % what)) as file:
            return json.load(file)

    files = {target["id"]: target["filename"] for target in introspect("targets")}
    wanted = set()
    for test in introspect("tests"):
        if test["name"] in names:
            for target in test["depends"]:
                wanted.update(os.path.relpath(name, build) for name in files.get(target, []))
    print(*sorted(wanted))


main()
