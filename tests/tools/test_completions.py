#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_completions.py TONGS FOLDER: completes `tongs` in bash, zsh and fish with the files in FOLDER, and compares with what
the --help of each command lists, and with what the command takes. Prints TAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

tongs, completions = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
work = tempfile.mkdtemp(prefix='tongs-completions-')
environment = {**os.environ, 'LC_ALL': 'C.UTF-8', 'HOME': work, 'TERM': 'xterm', 'NO_COLOR': '1',
               'PATH': os.path.dirname(tongs) + ':' + os.environ['PATH']}
environment.pop('LD_PRELOAD', None)  # shells do not survive the checkers of the test's own build

BASH = r'''
source "$1/tongs.bash"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_tongs
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
'''

# As if the line had been typed in a terminal, and the tab pressed.
ZSHRC = r"""
fpath=($COMPLETIONS $fpath)
autoload -U compinit
compinit -D -u
compadd() {
	local -a found
	if [[ -z ${(M)@[1,(i)(-|--)]:#-[OAD]*} ]]; then
		builtin compadd -A found "$@"
		hits+=($found)
	fi
	builtin compadd "$@"
}
capture() {
	hits=()
	_main_complete
	print -rl -- $hits >found
	exit
}
zle -C capture complete-word capture
zle-line-init() { BUFFER=$LINE_TO_COMPLETE; CURSOR=$#BUFFER; zle capture }
zle -N zle-line-init
"""


def run(*arguments, cwd=work):
    done = subprocess.run(arguments, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    return done.stdout, done.stderr


def bash(*words):
    out, err = run('bash', '--norc', '-c', BASH, 'bash', completions, *words)
    assert not err, err
    return sorted(set(out.split('\n')[:-1]))


def zsh(*words):
    with open(work + '/.zshrc', 'w') as file:
        file.write(ZSHRC)
    found = work + '/found'
    master, terminal = os.openpty()
    shell = subprocess.Popen(['zsh', '-i'], stdin=terminal, stdout=terminal, stderr=terminal, cwd=work,
                             start_new_session=True, env={**environment, 'ZDOTDIR': work, 'COMPLETIONS': completions,
                                                          'LINE_TO_COMPLETE': ' '.join(words)})
    os.close(terminal)
    try:
        while os.read(master, 4096):
            pass
    except OSError:
        pass  # the shell has ended
    os.close(master)
    shell.wait(60)
    with open(found) as file:
        lines = file.read().split('\n')[:-1]
    os.remove(found)
    return sorted(set(lines) - {'', '.zshrc', 'found'})


def fish(*words):
    out, err = run('fish', '--no-config', '-c', 'source $argv[1]/tongs.fish; complete -C $argv[2]', completions,
                   ' '.join(words))
    assert not err, err
    return sorted(line.split('\t')[0] for line in out.split('\n')[:-1])


def read_help(*words):
    return run(tongs, *words, '--help')[0]


def list_options(text):
    """As a reader sees them: each long name that stands at the beginning of an entry, and its argument."""
    return re.findall(r'^ {2,6}(?:-\w, )?(--[\w-]+)(?: ([A-Z]+))?(?: |$)', text, re.MULTILINE)


commands = re.findall(r'^  ([a-z]+) ', read_help().split('Commands:')[1].split('Options:')[0], re.MULTILINE)
os.mkdir(work + '/folder')
open(work + '/file', 'w').close()
count = 0
failed = False


def check(name, wanted, found):
    global count, failed
    count += 1
    wanted = sorted(wanted)
    failed |= wanted != found
    print('ok' if wanted == found else 'not ok', count, '-', name, flush=True)
    if wanted != found:
        print('# wanted', wanted, '\n# found', found)


def check_shell(name, complete, slash):
    check(f'{name}: commands', commands + ['help'],
          [word for word in complete('tongs', '') if word[0] != '-'])
    check(f'{name}: the options of tongs', ['--help', '--version'], complete('tongs', '--'))
    check(f'{name}: the command of help', commands, complete('tongs', 'help', ''))
    check(f'{name}: a command that there is not', [], complete('tongs', 'nonsense', '--'))
    for command in commands:
        text = read_help(command)
        options = list_options(text)
        check(f'{name}: {command}', [option for option, _ in options], complete('tongs', command, '--'))
        for option, argument in options:
            wanted = {'DIR': ['folder' + slash], 'FILE': ['file', 'folder' + slash], '': None}.get(argument, [])
            if wanted is not None:
                check(f'{name}: {command} {option} {argument}', wanted, complete('tongs', command, option, ''))
    check(f'{name}: run, a program', ['setpriv'], complete('tongs', 'run', 'setpri'))
    check(f'{name}: run, a program behind options', ['setpriv'],
          complete('tongs', 'run', '--leaks', '--layer-path', '/', 'setpri'))
    check(f'{name}: run, none of its options behind the program', [], complete('tongs', 'run', 'env', '--leak'))
    check(f'{name}: run, a file of the program', ['file'], complete('tongs', 'run', 'cat', 'fil'))


def skip(name, why):
    global count
    count += 1
    print(f'ok {count} - {name} # SKIP {why}')


for shell, complete, slash in ('bash', bash, ''), ('zsh', zsh, ''), ('fish', fish, '/'):
    if shutil.which(shell):
        check_shell(shell, complete, slash)
    else:
        skip(shell, f'{shell} is not installed')
shutil.rmtree(work)
if count < 30:
    print('# too few options were found')
    failed = True
print(f'1..{count}')
sys.exit(failed)
