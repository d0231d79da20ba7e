#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols.py [--record RELEASE] LIST LIBRARY...: the libraries still export what those of the last release did.

LIST has a line `release`, with the number of that release, or `none yet`; for each library its soname; and a line for
each exported symbol: the library, the symbol, its version, and the processor if others lack it. A program that was
linked to a release needs each of them, in its version. So none may go or change its version; and none may come into a
version that a release had, because an older library of that version lacks it. What the layer alone calls is no part of
it: the versions TONGS_PRIVATE_.

Prints TAP, with each symbol that is wrong. --record writes LIST anew, as of RELEASE."""
import argparse
import os
import platform
import re
import subprocess
import sys

PRIVATE = 'TONGS_PRIVATE_'
HEAD = '''# SPDX-License-Identifier: MIT
# What the libraries of the last release export, for tests/package/symbols.py; docs/release.md says when it is renewed.
'''
# Some processors call functions that return much, or floating point, otherwise.
OF_ONE_PROCESSOR = {'objc_msgSend_stret': 'x86_64', 'objc_msgSend_fpret': 'x86_64', 'objc_msgSend_fp2ret': 'x86_64'}


def tool(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=dict(os.environ, LC_ALL='C')).stdout


def read_library(path):
    """Its soname, and {symbol: version}; '' is no version."""
    soname = re.search(r'\(SONAME\).*\[(.*)\]', tool('readelf', '-d', path))
    symbols = {}
    for line in tool('nm', '-D', '--defined-only', '--with-symbol-versions', path).splitlines():
        kind, name = line.split()[-2:]
        symbol, _, version = name.partition('@')
        # A version is a symbol, too, and absolute.
        if kind != 'A' and not version.lstrip('@').startswith(PRIVATE):
            symbols[symbol] = version.lstrip('@')
    return soname.group(1) if soname else '', symbols


class List:
    """The text of a list: its release, or None; {library: soname}, {library: {symbol: version}}."""

    def __init__(self, text, processor):
        self.release, self.sonames, self.symbols = None, {}, {}
        for line in text.splitlines():
            words = line.split()
            if not words or words[0].startswith('#'):
                continue
            if words[0] == 'release':
                self.release = None if words[1:] == ['none', 'yet'] else words[1]
            elif words[0] == 'soname':
                self.sonames[words[1]] = words[2]
                self.symbols[words[1]] = {}
            elif len(words) == 3 or words[3] == processor:
                self.symbols[words[0]][words[1]] = words[2]

    def find_faults(self, library, soname, symbols):
        """Of a library: what is wrong of its soname, of the release's symbols, of new symbols."""
        listed = self.symbols.get(library, {})
        was = self.sonames.get(library)
        gone = [f'{symbol} of {version} ' + (f'is of {symbols[symbol] or "no version"} now' if symbol in symbols else 'is gone')
                for symbol, version in sorted(listed.items()) if symbols.get(symbol) != version]
        closed = set(listed.values()) if self.release else set()
        new = [f'{symbol} is new in {version}, which release {self.release} had' if version else f'{symbol} has no version'
               for symbol, version in sorted(symbols.items())
               if symbol not in listed and (not version or version in closed)]
        return ([] if soname == was else [f'it was {was}, and is {soname}']), gone, new


def check_checker():
    """Faults that must be found, and changes that are none: (name, right)."""
    text = 'release 1.0\nsoname a a.so.0\na one V1\na two V1\na three V2\na four V2 other\n'
    released, draft = List(text, 'this'), List(text.replace('1.0', 'none yet'), 'this')
    same = {'one': 'V1', 'two': 'V1', 'three': 'V2'}

    def count(of, soname='a.so.0', **changes):
        symbols = {symbol: version for symbol, version in dict(same, **changes).items() if version is not None}
        return [len(faults) for faults in of.find_faults('a', soname, symbols)]
    yield 'the same is right', count(released) == count(draft) == [0, 0, 0]
    yield 'another soname is a fault', count(released, 'a.so.1') == count(draft, 'a.so.1') == [1, 0, 0]
    yield 'a symbol that is gone is a fault', count(released, one=None) == count(draft, one=None) == [0, 1, 0]
    yield 'a symbol of another version is a fault', count(released, one='V2') == count(released, one='') == [0, 1, 0]
    yield 'a new symbol in a version of the release is a fault', count(released, new='V1') == [0, 0, 1]
    yield 'a new symbol without a version is a fault', count(released, new='') == count(draft, new='') == [0, 0, 1]
    yield 'a new symbol in a new version is none', count(released, new='V3') == [0, 0, 0]
    yield 'before a release a new symbol is none', count(draft, new='V1') == [0, 0, 0]
    yield 'a symbol of other processors may be missing here', List(text, 'other').symbols['a']['four'] == 'V2'
    yield 'a library that is not listed is a fault', len(released.find_faults('b', 'b.so.0', {})[0]) == 1


def get_name(path):
    return os.path.basename(path).split('.')[0]


def record(path, release, libraries):
    lines = [f'release {release}']
    for library in libraries:
        soname, symbols = read_library(library)
        name = get_name(library)
        lines.append(f'soname {name} {soname}')
        lines += [f'{name} {symbol} {version} {OF_ONE_PROCESSOR.get(symbol, "")}'.rstrip()
                  for symbol, version in sorted(symbols.items())]
    with open(path, 'w') as file:
        file.write(HEAD + '\n'.join(lines) + '\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--record', metavar='RELEASE', help="write LIST; 'none yet' before the first release")
    parser.add_argument('list', metavar='LIST')
    parser.add_argument('libraries', metavar='LIBRARY', nargs='+')
    arguments = parser.parse_args()
    if arguments.record:
        record(arguments.list, arguments.record, arguments.libraries)
        return 0
    with open(arguments.list) as file:
        listed = List(file.read(), platform.machine())
    results = list((name, [] if right else ['see symbols.py']) for name, right in check_checker())
    names = [get_name(path) for path in arguments.libraries]
    results.append(('every library of the list is checked', sorted(set(listed.sonames) - set(names))))
    for name, path in zip(names, arguments.libraries):
        results += zip((f'{name}: the soname', f'{name}: no symbol is gone or has changed its version',
                        f'{name}: no symbol is new in a version of the release'),
                       listed.find_faults(name, *read_library(path)))
    print(f'1..{len(results)}')
    for number, (name, faults) in enumerate(results, 1):
        print(f'{"not ok" if faults else "ok"} {number} - {name}')
        for fault in faults:
            print(f'# {fault}')
    return 0


sys.exit(main())
