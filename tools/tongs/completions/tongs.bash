# SPDX-License-Identifier: MIT
# Completes `tongs` in bash. Commands and options are those that the program's own --help lists: there is no list here.

# Prints "--option ARGUMENT" for each line of help; no second word for an option without one.
__tongs_options() {
	"$@" --help 2>/dev/null | sed -nE 's/^ {2,6}(-[A-Za-z], )?(--[a-z-]+)( ([A-Z]+))?( .*)?$/\2 \4/p'
}

__tongs_commands() {
	"$1" --help 2>/dev/null | sed -nE '/^Commands:$/,/^$/s/^ {2}([a-z]+) .*/\1/p'
}

# Adds paths that begin with $2, folders alone with -d, files with -f. readline appends the slash.
__tongs_paths() {
	local IFS=$'\n'
	compopt -o filenames 2>/dev/null
	COMPREPLY=($(compgen "$1" -- "$2"))
}

# What an option's argument is, by its name in the help.
__tongs_argument() {
	case $1 in
	DIR) __tongs_paths -d "$2" ;;
	FILE) __tongs_paths -f "$2" ;;
	esac
}

# The program of `tongs run`, and behind it that program's own completion, or files.
__tongs_program() {
	local first=$1 current=$2
	if declare -F _command_offset >/dev/null; then
		_command_offset "$first"
	elif [[ $COMP_CWORD -eq $first && $current != */* ]]; then
		COMPREPLY=($(compgen -c -- "$current"))
	else
		__tongs_paths -f "$current"
	fi
}

_tongs() {
	local tongs=${COMP_WORDS[0]/#\~/$HOME} command=${COMP_WORDS[1]-} current=${COMP_WORDS[COMP_CWORD]} i word options name argument
	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 ]]; then
		options="help $(__tongs_commands "$tongs") $(__tongs_options "$tongs")"
		COMPREPLY=($(compgen -W "$options" -- "$current"))
		return
	fi
	if [[ $command == help ]]; then
		[[ $COMP_CWORD -gt 2 ]] || COMPREPLY=($(compgen -W "$(__tongs_commands "$tongs")" -- "$current"))
		return
	fi
	[[ " $(__tongs_commands "$tongs" | tr '\n' ' ')" == *" $command "* ]] || return
	options=$(__tongs_options "$tongs" "$command")
	# bash makes three words of --option=value.
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- ]]; then
			i=$((i + 1))
			break
		fi
		[[ $word == -* ]] || break
		argument=
		while read -r name argument; do
			[[ $name == "$word" ]] && break
			argument=
		done <<<"$options"
		[[ -n $argument ]] || continue
		[[ ${COMP_WORDS[i + 1]} == = ]] && i=$((i + 1))
		if [[ $((i + 1)) -ge $COMP_CWORD ]]; then
			[[ $current == = ]] && current=
			__tongs_argument "$argument" "$current"
			return
		fi
		i=$((i + 1))
	done
	if [[ $i -eq $COMP_CWORD && $current == -* && ${COMP_WORDS[i - 1]} != -- ]]; then
		COMPREPLY=($(compgen -W "$(sed 's/ .*//' <<<"$options")" -- "$current"))
	elif "$tongs" "$command" --help | sed -n 1p | grep -q ' COMMAND'; then
		__tongs_program "$i" "$current"
	elif [[ $i -eq $COMP_CWORD ]]; then
		COMPREPLY=($(compgen -W "$(sed 's/ .*//' <<<"$options")" -- "$current"))
	fi
}

complete -F _tongs tongs
