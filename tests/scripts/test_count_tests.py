#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_count_tests.py COUNT-TESTS: what count-tests.py makes of the output of test programs. Prints TAP."""
import json
import os
import subprocess
import sys
import tempfile

# The plan, as the versions of cmocka print it: up to 1.1.5, and from 1.1.7 on.
PLANS = {
    'cmocka 1.1.5': '[==========] Running {} test(s).\n',
    'cmocka 1.1.7': '[==========] tests: Running {} test(s).\n',
    'a group of a name with spaces': '[==========] a group of: tests: Running {} test(s).\n',
}
OK = '[ RUN      ] first\n[       OK ] first\n'
SKIPPED = '[ RUN      ] second\n[  SKIPPED ] second\n'
FAILED = '[ RUN      ] third\n[  FAILED  ] third\n'
BEGUN = '[ RUN      ] fourth\n'

# What is tried, the plan's number for cmocka or None for TAP, the output behind the plan, Meson's result, the last line.
ROWS = [
    ('all pass', 2, OK + SKIPPED, 'OK', '1 passed, 0 failed, 1 skipped'),
    ('one fails', 3, OK + SKIPPED + FAILED, 'FAIL', '1 passed, 1 failed, 1 skipped'),
    ('the program ends in a case', 4, OK + BEGUN, 'FAIL', '1 passed, 3 failed'),
    ('the program ends between cases', 5, OK, 'OK', '1 passed, 4 failed'),
    ('the program fails behind its cases', 1, OK, 'FAIL', '1 passed, 1 failed'),
    ('TAP', None, '1..4\nok 1 - a\nok 2 - b # SKIP c\nnot ok 3 - d\nok 4\n', 'FAIL', '2 passed, 1 failed, 1 skipped'),
    ('TAP that ends early', None, '1..4\nok 1 - a\n', 'OK', '1 passed, 3 failed'),
    ('no case', None, '', 'OK', '0 passed, 1 failed'),
    ('skipped as a whole', None, '1..0 # SKIP nothing here\n', 'SKIP', '0 passed, 1 failed'),
]


def count(output, result):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'testlog.json')
        with open(path, 'w', encoding='utf-8') as log:
            log.write(json.dumps({'name': 'program', 'result': result, 'stdout': output}) + '\n')
        run = subprocess.run([sys.executable, sys.argv[1], path], stdout=subprocess.PIPE, text=True)
    return run.stdout.splitlines()[-1], run.returncode


def main():
    cases = []
    for name, planned, output, result, wanted in ROWS:
        if planned is None:
            cases.append((name, output, result, wanted))
        else:
            cases += [(f'{name}, {version}', plan.format(planned) + output, result, wanted)
                      for version, plan in PLANS.items()]
    print(f'1..{len(cases)}')
    status = 0
    for number, (name, output, result, wanted) in enumerate(cases, 1):
        line, code = count(output, result)
        ok = line == wanted and (code == 0) == (', 0 failed' in wanted)
        print(f'{"ok" if ok else "not ok"} {number} - {name}')
        if not ok:
            print(f'# {line!r} and {code}, not {wanted!r}')
            status = 1
    return status


sys.exit(main())
