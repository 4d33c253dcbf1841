// Command cofactor tries, sets up and looks after multi-factor authentication.
package main

import (
	"os"

	"github.com/cofactor-mfa/cofactor/cli"
)

func main() { os.Exit(cli.Main()) }
