# Sourced by the other scripts: the programs that the tests need beside Go. Needs bash 4.4.

# Debian's package for each program.
declare -A package_of=(
	[gcc]=gcc # for -race
	[redis-server]=redis-server
	[redis-cli]=redis-tools
	[postgres]=postgresql
	[oathtool]=oathtool
	[zbarimg]=zbar-tools
	[curl]=curl
	[chromium]=chromium
	[fido2-assert]=fido2-tools
	[node]=nodejs # 20 or later
	[npm]=npm
	[postfix]=postfix
	[openssl]=openssl # for Postfix's certificate
	[zsh]=zsh # completes commands, as does the next
	[fish]=fish
)

# The server programs of PostgreSQL are not in Debian's PATH. This prints the folder of the newest.
postgres_bin() {
	local folder
	for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$(dirname "$(command -v postgres || true)")"; do
		if [ -x "$folder/initdb" ]; then
			echo "$folder"
			return
		fi
	done
	return 1
}

is_installed() {
	case "$1" in
	postgres) postgres_bin >/dev/null ;;
	postfix) [ "$(id -u)" != 0 ] || command -v postfix >/dev/null ;; # it runs as root only
	*) command -v "$1" >/dev/null ;;
	esac
}

# install_missing installs what is missing on Debian and its like, as root. Elsewhere it says what to install, and ends the script.
install_missing() {
	local program programs=() packages=()
	for program in "${!package_of[@]}"; do
		if ! is_installed "$program"; then
			programs+=("$program")
			packages+=("${package_of[$program]}")
		fi
	done
	if [ ${#programs[@]} = 0 ]; then return; fi

	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "The tests need programs that are not installed: ${programs[*]}" >&2
		echo "On Debian and its like: sudo apt-get install ${packages[*]}" >&2
		exit 1
	fi
	echo "installing ${packages[*]}"
	if ! apt_install "${packages[@]}" 2>/dev/null; then
		apt-get update -qq # the lists of a fresh machine are empty or old
		apt_install "${packages[@]}"
	fi
}

apt_install() {
	# A mail server that nobody has asked for must not begin to listen: ours has a configuration of its own.
	if [[ " $* " == *" postfix "* ]] && command -v debconf-set-selections >/dev/null; then
		echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
	fi
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null </dev/null
}

# install_npm_packages installs what e2e/package-lock.json names, to the byte, unless it is there already.
install_npm_packages() {
	if [ e2e/node_modules/.package-lock.json -nt e2e/package-lock.json ]; then return; fi
	install_missing
	npm ci --prefix e2e --no-audit --no-fund --ignore-scripts --loglevel=error
}
