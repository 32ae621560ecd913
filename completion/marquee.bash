# shellcheck shell=bash
# Completion of Marquee's programs in bash, from what their --help says; so it
# knows every option there is, and no other.

_marquee() {
	local program=$1 word=$2 before=$3 option value names='' takes=''
	# Readline takes --config=FILE for three words.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	while read -r option value; do
		names+=" $option"
		[[ $option != "$before" ]] || takes=$value
	done < <("$program" --help 2>/dev/null | sed -n 's/^  --/--/p')
	case $program in
	*keep-running) takes=${takes:-CMD} ;;
	*render-template) takes=${takes:-FILE} ;;
	esac
	COMPREPLY=()
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
	elif [[ $takes == FILE ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames 2>/dev/null
	elif [[ $takes == CMD ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
	fi
}

complete -F _marquee fetch-movies fetch-file notify relay-events \
	movies.fcgi files.fcgi events.fcgi keep-running render-template
