#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py BUILD [TSAN-BUILD]: adds up the `tally: NAME N` lines that the test programs of a `meson test` run printed.

Fails when two figures that belong together differ, when one that must be 0 is not, when one is missing, or when a
program that told figures failed. With TSAN-BUILD the data races are those of its run, which ended at the first one.
"""
import collections
import json
import pathlib
import re
import sys

# The contents of the report: a title, and for each number its tally and the word after it.
ROWS = [
    ('rules', [('rules checked', 'checked'), ('rules tested', 'tested')]),
    ('bad handles', [('bad handles tried', 'tried'), ('bad handles refused', 'refused')]),
    ('failure points', [('failure points injected', 'injected'), ('failure points passed', 'passed')]),
    ('stress', [('stress operations', 'operations'), ('stress errors', 'errors')]),
    ('validation below', [('instances watched', 'instances watched'), ('validation errors below', 'errors')]),
    ('pixel cases', [('pixel cases compared', 'compared')]),
]
EQUAL = [
    ('rules checked', 'rules tested'),
    ('bad handles tried', 'bad handles refused'),
    ('failure points injected', 'failure points passed'),
]
ZERO = ['stress errors', 'validation errors below']


def read_log(build):
    """The entries of the last run of a build folder; none where there was none."""
    logs = sorted(pathlib.Path(build, 'meson-logs').glob('testlog*.json'))
    if not logs:
        return []
    with open(logs[-1], encoding='utf-8', errors='replace') as log:
        return [json.loads(line) for line in log if line.strip()]


def add_up(entries):
    tallies = collections.Counter()
    failed = []
    for entry in entries:
        lines = re.findall(r'^tally: (.+) (\d+)$', entry.get('stdout', ''), re.MULTILINE)
        for name, number in lines:
            tallies[name] += int(number)
        if lines and entry['result'] != 'OK':
            failed.append(f'{entry["name"]} failed ({entry["result"]}): its figures are not whole')
    return tallies, failed


def find_faults(tallies):
    faults = [f'no test told of: {name}' for _, figures in ROWS for name, _ in figures if name not in tallies]
    faults += [f'no {name}' for name, number in tallies.items() if name not in ZERO and number == 0]
    faults += [f'{a}: {tallies[a]}, but {b}: {tallies[b]}' for a, b in EQUAL if tallies[a] != tallies[b]]
    return faults + [f'{name}: {tallies[name]}' for name in ZERO if tallies[name]]


def tell_races(build):
    entries = read_log(build)
    failed = [entry['name'] for entry in entries if entry['result'] not in ('OK', 'SKIP')]
    if not entries:
        print('races: the suite did not run under TSan')
    else:
        print(f'races: {len(entries)} programs under TSan, {len(failed)} with a race or a failure')
    return [f'under TSan: {name}' for name in failed] if entries else ['no run under TSan']


def main():
    tallies, faults = add_up(read_log(sys.argv[1]))
    known = {name for _, figures in ROWS for name, _ in figures}
    for title, figures in ROWS:
        print(f'{title}: ' + ', '.join(f'{tallies[name]} {word}' for name, word in figures))
    for name in sorted(set(tallies) - known):
        print(f'{name}: {tallies[name]}')
    if len(sys.argv) > 2:
        faults += tell_races(sys.argv[2])
    faults += find_faults(tallies)
    for fault in faults:
        print(f'report: {fault}', file=sys.stderr)
    return 1 if faults else 0


sys.exit(main())
