# fish completion for cofactor: cofactor completion fish | source
function __cofactor_complete
	set -l words (commandline -opc) (commandline -ct)
	$words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c cofactor -a '(__cofactor_complete)'
