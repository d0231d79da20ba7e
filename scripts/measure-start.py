#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""measure-start.py [--pairs N] [--times] PROGRAM LAYER: what the layer adds to the start of a process, and to its memory.

PROGRAM is tests/many/start of a build folder, LAYER the folder of the layer's manifest. The program is run with and
without the layer, alternately. Prints the medians, of the sides and of the differences of the pairs, as a test for each,
which fails above the goal. Times depend on what else the machine does: without --times none of them is a test."""
import argparse
import os
import statistics
import subprocess
import sys

MIB = 1 << 20
# In the order in which the program prints them: name, unit, size of the unit, goal in units, whether it is a time.
ROWS = (
    ('time to the first handle', 'ms', 1e6, 3, True),
    ('processor time to the first handle', 'ms', 1e6, 3, True),
    ('resident memory', 'MiB', MIB, 2, False),
    ('resident memory that is no file', 'MiB', MIB, 2, False),
)


def start(program, environment, kind):
    run = subprocess.run([program], env=environment, stdout=subprocess.PIPE, text=True)
    words = run.stdout.split()
    if run.returncode or len(words) != 1 + len(ROWS):
        sys.exit(f'{program} failed')
    if words[0] != kind:
        sys.exit(f'{program} says {words[0]!r} where {kind!r} is measured: is the layer in the folder?')
    return [int(word) for word in words[1:]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pairs', type=int, default=40)
    parser.add_argument('--times', action='store_true', help='times are tests, too')
    parser.add_argument('program')
    parser.add_argument('layer')
    arguments = parser.parse_args()
    without = {name: value for name, value in os.environ.items() if name != 'VK_INSTANCE_LAYERS'}
    with_layer = dict(without, VK_INSTANCE_LAYERS='VK_LAYER_TONGS_metal_interop', VK_ADD_LAYER_PATH=arguments.layer)
    pairs = []
    start(arguments.program, without, 'plain')  # brings the files into memory
    for _ in range(max(arguments.pairs, 1)):
        pairs.append((start(arguments.program, without, 'plain'), start(arguments.program, with_layer, 'shared')))
    rows = [(i, row) for i, row in enumerate(ROWS) if arguments.times or not row[4]]
    failed = 0
    print(f'1..{len(rows)}')
    for i, (name, unit, size, goal, is_time) in enumerate(ROWS):
        plain, shared, more = (statistics.median(values) / size for values in (
            [pair[0][i] for pair in pairs], [pair[1][i] for pair in pairs], [pair[1][i] - pair[0][i] for pair in pairs]))
        text = f'{name}: {plain:.2f} {unit} without the layer, {shared:.2f} with it, {more:+.2f}; goal +{goal}'
        if (i, ROWS[i]) not in rows:
            print(f'# {text}')
            continue
        failed += more > goal
        print(f'{"not ok" if more > goal else "ok"} {rows.index((i, ROWS[i])) + 1} - {text}')
    return 1 if failed else 0


sys.exit(main())
