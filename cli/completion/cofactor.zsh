#compdef cofactor
# zsh completion for cofactor: source <(cofactor completion zsh), after compinit
_cofactor() {
	local -a found
	found=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	found=("${(@)found:#}")
	if (( ${#found} )); then
		compadd -a found
	else
		_files
	fi
}
compdef _cofactor cofactor
