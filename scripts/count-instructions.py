#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""count-instructions.py [--record] PROGRAM RECORD: counts, by callgrind, the instructions that the layer adds to calls.

PROGRAM is tests/layer/counted_calls of a build folder. RECORD has a line for each call: the instructions that it took
when they were last looked at, and its name. Prints both, as a test for each call, which fails where there are more than
a fifth, and more than two, above the record. --record writes what was counted to RECORD instead."""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

ALLOWED = 1.2


def count(program):
    """{call: instructions that the layer adds to it}"""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ['valgrind', '--tool=callgrind', '--instr-atstart=no', f'--callgrind-out-file={folder}/dump', program],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            sys.exit(f'{run.stdout}\n{program} failed under valgrind')
        sides = {'layer': {}, 'direct': {}}
        for path in glob.glob(os.path.join(folder, 'dump.*')):
            with open(path) as dump:
                text = dump.read()
            trigger = re.search(r'^desc: Trigger: Client Request: (layer|direct) (\d+) (.*)$', text, re.MULTILINE)
            if trigger:
                total = int(re.search(r'^(?:summary|totals): (\d+)', text, re.MULTILINE).group(1))
                sides[trigger.group(1)][trigger.group(3)] = total / int(trigger.group(2))
    if not sides['layer'] or sides['layer'].keys() != sides['direct'].keys():
        sys.exit(f'{program} dumped no counters')
    return {name: sides['layer'][name] - sides['direct'][name] for name in sides['layer']}


def read_record(path):
    with open(path) as record:
        rows = [line.split(None, 1) for line in record if line.strip() and not line.startswith('#')]
    return {name.strip(): int(instructions) for instructions, name in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--record', action='store_true', help='write RECORD')
    parser.add_argument('program')
    parser.add_argument('file', metavar='RECORD')
    arguments = parser.parse_args()
    counted = count(arguments.program)
    if arguments.record:
        with open(arguments.file, 'w') as record:
            record.write('# Instructions that the layer adds to a call; scripts/count-instructions.py --record.\n')
            record.writelines(f'{round(instructions):4} {name}\n' for name, instructions in sorted(counted.items()))
        return 0
    recorded = read_record(arguments.file)
    names, failed = sorted(counted.keys() | recorded.keys()), 0
    print(f'1..{len(names)}')
    for number, name in enumerate(names, 1):
        now, then = counted.get(name), recorded.get(name)
        ok = now is not None and then is not None and now <= max(ALLOWED * then, then + 2)
        failed += not ok
        print(f'{"ok" if ok else "not ok"} {number} - {name}: '
              f'{"not counted" if now is None else f"{now:.1f} instructions"}, '
              f'{"none" if then is None else then} recorded')
    return 1 if failed else 0


sys.exit(main())
