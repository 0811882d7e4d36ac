// Command pipeline is the command line of Customer 360.
//
// It owns flags, output and exit codes: one file per subcommand, each of which
// reads its flags, calls the pipeline package and prints the result. It must not
// know how anything is done.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
