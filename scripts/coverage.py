#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""coverage.py GCOVR.JSON REASONS MINIMUM: line coverage of src/, by folder and in all, and why the rest isn't covered.

REASONS has rows `FILE:FUNCTION  reason`, where both may hold the wildcards of a shell; the first row that fits counts.
A row that begins with `~` may fit nothing, as what it names depends on timing or on the machine. Fails below MINIMUM
per cent, for a function with lines that no test reaches and no row explains, and for a row that explains nothing.
"""
import bisect
import collections
import fnmatch
import json
import os.path
import re
import sys


def read_reasons(path):
    rows = []
    with open(path, encoding='utf-8') as text:
        for line in text:
            if m := re.match(r'(~?)(\S+:\S+)\s+(\S.*)', line.split('#')[0].rstrip()):
                rows.append((m[2], m[1] == '~', m[3]))
            elif line.split('#')[0].strip():
                sys.exit(f'{path}: not a row: {line.rstrip()}')
    return rows


def count_file(entry):
    """Lines of code, how many of them ran, and those that did not by function."""
    starts = sorted((function['lineno'], function['name']) for function in entry['functions'])
    lines = [line for line in entry['lines'] if not line['gcovr/noncode']]
    missed = collections.Counter()
    for line in lines:
        if line['count'] == 0:
            at = bisect.bisect(starts, (line['line_number'], '~')) - 1
            missed[starts[at][1] if at >= 0 else '-'] += 1
    return len(lines), len(lines) - missed.total(), missed


def print_row(name, total, ran):
    print(f'{name:20} {ran:6} of {total:6} lines  {100 * ran / total:5.1f} %')


def main():
    with open(sys.argv[1], encoding='utf-8') as text:
        files = json.load(text)['files']
    reasons, minimum = read_reasons(sys.argv[2]), float(sys.argv[3])
    folders = collections.defaultdict(lambda: [0, 0])
    explained, unexplained = collections.Counter(), []
    for entry in files:
        total, ran, missed = count_file(entry)
        for folder in (os.path.dirname(entry['file']), 'src in all'):
            folders[folder][0] += total
            folders[folder][1] += ran
        for function, lines in missed.items():
            name = f'{entry["file"]}:{function}'
            row = next((row for row in reasons if fnmatch.fnmatchcase(name, row[0])), None)
            if row:
                explained[row] += lines
            else:
                unexplained.append(f'{name}: {lines} lines')
    print('Not covered, and why:')
    for row in reasons:
        if explained[row]:
            print(f'{explained[row]:5}  {row[0]}: {row[2]}')
    for name in sorted(folders, key=lambda name: (name == 'src in all', name)):
        print_row(name, *folders[name])
    total, ran = folders['src in all']
    faults = [f'no test and no reason: {text}' for text in unexplained]
    faults += [f'stale: {row[0]} names nothing that is not covered' for row in reasons
               if not explained[row] and not row[1]]
    if 100 * ran < minimum * total:
        faults.append(f'less than {minimum:g} % of the lines')
    for fault in faults:
        print(f'coverage: {fault}', file=sys.stderr)
    return 1 if faults else 0


sys.exit(main())
