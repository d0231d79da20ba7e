#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-rules.py SOURCE: holds the rules in src/layer, the table of docs/rules.md and the tests in tests/layer together.

A row of the table is `| RULE | what | result | FILE: TEST |`. The test's name has the rule's number; its file runs it and
has the rule in a string. Of a rule that is `reported as` another number the string is that one's. Prints TAP and tallies.
"""
import collections
import pathlib
import re
import sys

RULE = re.compile(r'VUID-\w+(?:-\w+)*-\d{5}\b')

source = pathlib.Path(sys.argv[1])
case = failed = 0


def check(name, faults):
    global case, failed
    case += 1
    failed += bool(faults)
    print(f'{"not " if faults else ""}ok {case} - {name}')
    for fault in faults:
        print(f'# {fault}')
    return not faults


def read_code():
    places = collections.defaultdict(list)
    for path in sorted((source / 'src/layer').glob('*.[ch]')):
        for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
            for rule in RULE.findall(line):
                places[rule].append(f'{path.name}:{number}')
    return places


def read_table():
    rows = []
    for line in (source / 'docs/rules.md').read_text(encoding='utf-8').splitlines():
        if line.startswith('| VUID-'):
            rows.append([cell.strip() for cell in line.strip('|').split('|')])
    return rows


def find_fault(rule, what, test):
    """Why the test does not show the rule; None: it does."""
    if not (m := re.fullmatch(r'(test_\w+\.c): (\w+)', test)):
        return f'{test}: no FILE: TEST'
    path = source / 'tests/layer' / m[1]
    if not path.exists():
        return f'{m[1]}: no such file'
    text = path.read_text(encoding='utf-8')
    number = rule[-5:]
    if number not in m[2]:
        return f'{m[2]}: without the number'
    if f'static void {m[2]}(' not in text or f'cmocka_unit_test({m[2]})' not in text:
        return f'{m[1]}: does not run {m[2]}'
    told = re.search(r'reported as (\d{5})', what)
    asserted = rule[:-5] + told[1] if told else rule
    # "VUID-…" in full: the number alone could be another command's.
    if f'"{asserted}"' not in text:
        return f'{m[1]}: does not assert {asserted}'
    return None


code = read_code()
table = read_table()
listed = [row[0] for row in table]

check('each rule is checked in one place',
      [f'{rule}: {", ".join(places)}' for rule, places in code.items() if len(places) > 1])
check('each rule in the code is in docs/rules.md',
      [f'{rule}: {code[rule][0]}' for rule in sorted(code.keys() - set(listed))])
check('each rule in docs/rules.md is in the code', [rule for rule in listed if rule not in code])
check('each rule is listed once', [rule for rule, count in collections.Counter(listed).items() if count > 1])
check('each row is whole', [row[0] for row in table if len(row) != 4 or not all(row)])
tested = 0
for row in table:
    if len(row) == 4:
        fault = find_fault(row[0], row[1], row[3])
        tested += check(f'{row[0]} is shown by a test', [fault] if fault else [])
print(f'1..{case}')
print(f'tally: rules checked {len(code)}')
print(f'tally: rules tested {tested}')
sys.exit(1 if failed else 0)
