#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_locks.py SRC: every lock of the library and the layer has a place in the order of src/util/fork.h. Prints TAP."""
import pathlib
import re
import sys

# The lock of all others, and the one that is held in a callback, which has a hook instead of a place.
EXEMPT = {'util/fork.c', 'util/fork.h', 'util/log.c'}
LOCK = re.compile(r'\bpthread_(?:mutex|rwlock|spinlock)_t\s+(\w+)\s*(?:\[|;|=)')
PLACED = re.compile(r'(?:TONGS_FORK_STATIC_LOCKS?|tongs_fork_init_lock)\(([^;]*)\)', re.DOTALL)
ELSEWHERE = re.compile(r'\b(pthread_atfork|pthread_mutex_init|pthread_mutex_destroy)\b')

source = pathlib.Path(sys.argv[1])
files = {}
for folder in ('util', 'format', 'vulkan', 'memory', 'metal', 'commands', 'objc', 'layer'):
    for path in sorted((source / folder).rglob('*.[ch]')):
        files[str(path.relative_to(source))] = path.read_text()
placed = '\n'.join(match for text in files.values() for match in PLACED.findall(text))

faults = []
locks = 0
for name, text in files.items():
    if name in EXEMPT:
        continue
    for lock in LOCK.findall(text):
        locks += 1
        own = '\n'.join(PLACED.findall(files.get(name[:-1] + 'c', '') + text))
        if not re.search(rf'\b{lock}\b', own if name.endswith('.c') else placed):
            faults.append(f'{name}: {lock} has no place in the order of locks: see src/util/fork.h')
    for call in ELSEWHERE.findall(text):
        faults.append(f'{name}: {call} is for src/util/fork.c')
if locks < 10:
    faults.append(f'only {locks} locks were found')

print('1..1')
for fault in faults:
    print('#', fault)
print('not ok' if faults else 'ok', f'1 - {locks} locks have a place')
