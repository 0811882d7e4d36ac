package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/lake"
)

// Exit codes of the process.
const (
	exitDone        = 0
	exitFailed      = 1 // nothing half-published
	exitUsage       = 2 // usage or configuration
	exitChanges     = 3 // plan --exit-code found changes
	exitLocked      = 4 // another run holds the lock
	exitBudget      = 5 // the budget of API calls is used up; what was read is kept
	exitInterrupted = 130
)

var (
	// errChanges is returned by plan --exit-code when something would run.
	errChanges = errors.New("there are changes")
	// errReported is returned by a command that has printed its failure itself.
	errReported = errors.New("failed")
	// errInterrupted stands for the first signal.
	errInterrupted = errors.New("interrupted; the lake is as it was")
)

// usageError is a command line or configuration the user must change.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// Hint says what to do.
func (e *usageError) Hint() string { return e.hint }

func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	var (
		usage    *usageError
		problems *config.Problems
		locked   *lake.LockedError
		partly   *pipeline.IncompleteError
		secret   *config.SecretError
	)
	if isConfigError(err) {
		return exitUsage
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, errChanges):
		return exitChanges
	case errors.As(err, &usage), errors.As(err, &problems):
		return exitUsage
	case errors.As(err, &partly) && partly.OverBudget():
		return exitBudget
	case !errors.As(err, &partly) && errors.As(err, &secret):
		return exitUsage
	case errors.As(err, &locked):
		return exitLocked
	}
	return exitFailed
}

// isConfigError tells that what the user asked for, or wrote, must change.
func isConfigError(err error) bool {
	var (
		request    *pipeline.UsageError
		definition *pipeline.DefinitionError
	)
	return errors.As(err, &request) || errors.As(err, &definition)
}

// printError tells the user what failed, where, and what to do.
func (a *app) printError(err error) {
	if err == nil || errors.Is(err, errReported) || errors.Is(err, errChanges) {
		return
	}
	hint := a.redact(hintOf(err))
	if a.Flags.JSON {
		a.printJSONError(err, hint)
		return
	}
	fmt.Fprintf(a.Stderr, "pipeline: %s\n", a.redact(strings.TrimSpace(err.Error())))
	if hint != "" {
		fmt.Fprintf(a.Stderr, "  hint: %s\n", hint)
	}
}

// hintOf is what an error says to do, if it says so.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

func (a *app) printJSONError(err error, hint string) {
	out := struct {
		Error    string           `json:"error"`
		Hint     string           `json:"hint,omitempty"`
		Problems []config.Problem `json:"problems,omitempty"`
		ExitCode int              `json:"exit_code"`
	}{Error: a.redact(err.Error()), Hint: hint, ExitCode: exitCode(err)}
	var problems *config.Problems
	if errors.As(err, &problems) {
		out.Error = problems.Summary()
		out.Problems = problems.List
	}
	enc := json.NewEncoder(a.Stderr)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // stderr is the last resort: there is nowhere else to report to
}

// redact removes the secrets of the configuration that was read, if one was.
func (a *app) redact(text string) string {
	if a.loaded == nil {
		return text
	}
	return a.loaded.Redact.String(text)
}

// printJSON writes a result for machines.
func (a *app) printJSON(v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	if err == nil {
		_, err = io.WriteString(a.Stdout, a.redact(b.String()))
	}
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
