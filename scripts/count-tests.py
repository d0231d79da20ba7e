#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""count-tests.py TESTLOG.JSON [TITLE]: counts the test cases of a `meson test` run and prints one closing line.

A case passed or was skipped only if its program said so. A case that began and never ended, cases that were planned and
never began, a program that ran no case, and a program that failed without a failed case of its own: all are failures.
"""
import json
import re
import sys


def count_cmocka(text):
    passed = skipped = begun = planned = 0
    running = None
    for line in text.splitlines():
        if m := re.match(r'\[=+\] (?:.*: )?Running (\d+) test', line):
            planned += int(m[1])
        elif m := re.match(r'\[ RUN +\] (.*)', line):
            begun += 1
            running = m[1]
        elif m := re.match(r'\[ +(OK|SKIPPED) \] (.*)', line):
            if m[2] == running:
                passed += m[1] == 'OK'
                skipped += m[1] == 'SKIPPED'
                running = None
    return passed, max(begun, planned) - passed - skipped, skipped


def count_tap(text):
    passed = failed = skipped = planned = 0
    for line in text.splitlines():
        if m := re.match(r'1\.\.(\d+)', line):
            planned += int(m[1])
        elif m := re.match(r'(not )?ok\b(.*)', line):
            if re.search(r'#\s*skip', m[2], re.IGNORECASE):
                skipped += 1
            elif m[1]:
                failed += 1
            else:
                passed += 1
    return passed, max(failed, planned - passed - skipped), skipped


def count_program(entry):
    text = entry.get('stdout', '')
    cases = (count_cmocka if re.search(r'^\[ RUN ', text, re.MULTILINE) else count_tap)(text)
    passed, failed, skipped = cases
    lost = entry['result'] not in ('OK', 'SKIP') and failed == 0
    empty = passed + failed + skipped == 0
    if lost or empty:
        failed = 1
    if failed:
        why = 'ran no test case' if empty else f'{failed} failed' if not lost else 'failed outside of a test case'
        print(f'{entry["name"]}: {why} ({entry["result"]})')
    return passed, failed, skipped


def main():
    try:
        with open(sys.argv[1], encoding='utf-8', errors='replace') as log:
            entries = [json.loads(line) for line in log if line.strip()]
    except OSError:
        print('The tests did not run.')
        entries = []
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *map(count_program, entries)))
    if not entries:
        failed = 1
    closing = f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else '')
    print(f'{sys.argv[2]}: {closing}' if len(sys.argv) > 2 else closing)
    return 1 if failed else 0


sys.exit(main())
