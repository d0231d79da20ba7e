# SPDX-License-Identifier: MIT
# Completes `tongs` in fish. Commands and options are those that the program's own --help lists: there is no list here.

# "NAME<tab>summary" for each command.
function __tongs_commands
	set -l words (commandline -opc)
	$words[1] --help 2>/dev/null | sed -nE '/^Commands:$/,/^$/s/^ {2}([a-z]+) +(.*)/\1\t\2/p'
end

# "--option<tab>summary" for each option of the command on the line, or of tongs itself.
function __tongs_options
	$argv --help 2>/dev/null | sed -nE 's/^ {2,6}(-[A-Za-z], )?(--[a-z-]+)( [A-Z]+)? *(.*)$/\2\t\4/p'
end

# What the option's argument is: DIR, FILE, another name, or nothing.
function __tongs_argument
	set -l option $argv[-1]
	$argv[1] $argv[2] --help 2>/dev/null | sed -nE "s/^ {2,6}(-[A-Za-z], )?$option ([A-Z]+)( .*)?\$/\2/p"
end

function __tongs_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l count (count $words)
	if test $count -eq 1
		__tongs_commands
		printf 'help\tshow the help of a command\n'
		string match -q -- '-*' $current; and __tongs_options $words[1]
		return
	end
	if test $words[2] = help
		test $count -eq 2; and __tongs_commands
		return
	end
	contains -- $words[2] (__tongs_commands | string split -f1 \t); or return
	set -l i 3
	while test $i -le $count
		if test $words[$i] = --
			set i (math $i + 1)
			break
		end
		string match -q -- '-*' $words[$i]; or break
		if not string match -q -- '*=*' $words[$i]
			set -l argument (__tongs_argument $words[1] $words[2] $words[$i])
			if test -n "$argument"
				if test $i -eq $count
					__tongs_paths $argument "$current"
					return
				end
				set i (math $i + 1)
			end
		end
		set i (math $i + 1)
	end
	if test $i -gt $count
		if string match -q -- '--*=*' "$current"
			set -l parts (string split -m1 = -- $current)
			set -l argument (__tongs_argument $words[1] $words[2] $parts[1])
			__tongs_paths "$argument" "$parts[2]" | string replace -r '^' -- "$parts[1]="
			return
		end
		if string match -q -- '-*' "$current"; and not test $words[-1] = --
			__tongs_options $words[1] $words[2]
			return
		end
	end
	if $words[1] $words[2] --help | sed -n 1p | string match -q '* COMMAND*'
		complete -C (string join ' ' -- (string escape -- $words[$i..-1]) "$current")
		test $i -gt $count; or return
		__fish_complete_path "$current"
	else if test $i -gt $count
		__tongs_options $words[1] $words[2]
	end
end

function __tongs_paths
	switch $argv[1]
	case DIR
		__fish_complete_directories "$argv[2]" ''
	case FILE
		__fish_complete_path "$argv[2]"
	end
end

complete -c tongs -f -a '(__tongs_complete)'
