#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_manual.py LIBRARY FOLDER: every function that LIBRARY exports for programs has a manual page in FOLDER, which says
what it is about; and no page is about another. man and mandoc read all pages without a warning. Prints TAP."""
import pathlib
import re
import shutil
import subprocess
import sys

library, folder = sys.argv[1], pathlib.Path(sys.argv[2])
count = 0
failed = False


def check(name, faults):
    global count, failed
    count += 1
    failed |= bool(faults)
    print(f'{"not " if faults else ""}ok {count} - {name}')
    for fault in faults[:20]:
        print('#', fault)


def skip(name, why):
    global count
    count += 1
    print(f'ok {count} - {name} # SKIP {why}')


symbols = subprocess.run(['nm', '-D', '--defined-only', library], capture_output=True, text=True, check=True).stdout
# Those of TONGS_PRIVATE_… are for the layer.
functions = set(re.findall(r'^\w+ T ([A-Za-z]\w*)@@TONGS_\d', symbols, re.MULTILINE))
files = {path.name: path.read_text(encoding='utf-8') for path in folder.glob('*.3')}
pages = {name: text for name, text in files.items() if not text.startswith('.so')}
links = {name: text for name, text in files.items() if text.startswith('.so')}


def part(text, section):
    match = re.search(rf'^\.SH {section}\n(.*?)(?=^\.SH |\Z)', text, re.MULTILINE | re.DOTALL)
    return re.sub(r'\\[-%&]', lambda m: '-' if m[0] == r'\-' else '', match[1]) if match else ''


def find_faults(function):
    link = links.get(function + '.3')
    if not link:
        return 'it has no page'
    page = pages.get(link.split('/')[-1].strip())
    if not page:
        return f'its page is not there: {link.strip()}'
    for section, pattern in ('NAME', rf'\b{function}\b'), ('SYNOPSIS', rf'\b{function}\('), \
            ('DESCRIPTION', rf'^\.B {function}\n(?:\.TQ\n\.B .*\n)*(?!\.T)[\w{{]'):
        if not re.search(pattern, part(page, section), re.MULTILINE):
            return f'it is not in {section} of {link.strip()}'
    return None


check('many functions were found', [] if len(functions) > 200 else [f'only {len(functions)}'])
check('every exported function has a page', [f'{f}: {fault}' for f in sorted(functions) if (fault := find_faults(f))])
check('every page of a name is that of an exported function', sorted({name[:-2] for name in links} - functions))
check('every page has its sections', [
    f'{name}: {section}' for name, text in sorted(pages.items()) for section in ('NAME', 'SYNOPSIS', 'DESCRIPTION', 'SEE ALSO')
    if not part(text, section)])
check('what returns a reference says how to release it', [
    name for name, text in sorted(pages.items()) if re.search(r'_new(_|\()', part(text, 'SYNOPSIS'))
    and name != 'tongs_shareable.3' and '_unref (3)' not in part(text, 'OWNERSHIP')])
named = {name: set(re.findall(r'^\.BR ([\w-]+) \(3\)', re.sub(r'\\[-%&]', lambda m: '-' if m[0] == r'\-' else '', text),
                              re.MULTILINE)) for name, text in pages.items()}
check('what pages refer to is there', [
    f'{name}: {other}' for name, others in sorted(named.items()) for other in sorted(others) if other + '.3' not in files])
both = sorted(str(folder / name) for name in pages) + [str(folder / 'tongs.1'), str(folder / 'tongs-layer.7')]
if shutil.which('man'):
    # A line of few long words is ragged, of which groff 1.23 speaks.
    check('man warns of nothing', [line for page in both for line in subprocess.run(
        ['man', '-l', '--warnings', page], capture_output=True, text=True, check=False).stderr.splitlines()
        if 'cannot adjust line' not in line])
else:
    skip('man warns of nothing', 'man is not installed')
if shutil.which('mandoc'):
    lines = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', *both], capture_output=True, text=True,
                           check=False).stdout.splitlines()
    # A date would change with each build.
    check('mandoc warns of nothing', [line for line in lines if 'missing date' not in line])
else:
    skip('mandoc warns of nothing', 'mandoc is not installed')
print(f'1..{count}')
sys.exit(failed)
