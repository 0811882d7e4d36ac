package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// errNoAt: most likely a shell variable that is not set. The current state would be a
// wrong answer, and a wrong thing to pin.
var errNoAt = errors.New("name a version, time or run; this is empty")

// atFlag adds --at.
func atFlag(c *cobra.Command, at *string) {
	c.Flags().Func("at", "a `VERSION`, time (2026-11-20, \"2026-11-20 18:30\", UTC unless it says a zone) or run instead of the current state",
		func(given string) error {
			if strings.TrimSpace(given) == "" {
				return errNoAt
			}
			*at = given
			return nil
		})
}

// atArgs refuses an empty argument among those that say a version, time or run.
func atArgs(count cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		for _, arg := range args {
			if strings.TrimSpace(arg) == "" {
				return errNoAt
			}
		}
		return count(c, args)
	}
}
