package salesforce

import (
	"errors"
	"fmt"
	"strings"
)

// ErrBudget says that the run used what it may use of the org's calls. What it has is
// kept, and the next run goes on from there.
var ErrBudget = errors.New("the budget of API calls is used up")

// errDescribeAgain says that the object's fields changed after they were described.
var errDescribeAgain = errors.New("the object's fields changed")

// BudgetError says which bound was reached.
type BudgetError struct {
	Source     string
	Used, Max  int64
	Percent    int
	ByRun      bool // by this run alone, not by everybody
	OrgRefuses bool // the org itself refused
}

func (e *BudgetError) Error() string {
	switch {
	case e.OrgRefuses:
		return fmt.Sprintf("%s: the org's limit of calls per 24 hours is reached", e.Source)
	case e.ByRun:
		return fmt.Sprintf("%s: this run used %d of the org's %d calls per 24 hours, its bound is %d %%", e.Source, e.Used, e.Max, e.Percent)
	}
	return fmt.Sprintf("%s: %d of the org's %d calls per 24 hours are used, the bound is %d %%", e.Source, e.Used, e.Max, e.Percent)
}

// Is makes it an ErrBudget.
func (e *BudgetError) Is(target error) bool { return target == ErrBudget }

// Hint says what to do.
func (e *BudgetError) Hint() string {
	return "what was read is kept: run again when the org's 24 hours have moved on, or raise salesforce.budget"
}

// OrgChangedError refuses to mix the records of two orgs.
type OrgChangedError struct{ Source, Held, Found string }

func (e *OrgChangedError) Error() string {
	return fmt.Sprintf("%s: the lake holds records of org %s, and the login leads to org %s", e.Source, e.Held, e.Found)
}

// Hint says what to do.
func (e *OrgChangedError) Hint() string {
	return "correct login_url or the credentials; give another org (a refreshed sandbox is one) a source of its own, with another name"
}

// MissingFieldsError says that a strict object lacks fields it must have.
type MissingFieldsError struct {
	Object string
	Fields []string
}

func (e *MissingFieldsError) Error() string {
	return fmt.Sprintf("%s: expected fields are missing or hidden: %s", e.Object, strings.Join(e.Fields, ", "))
}

// Hint says what to do.
func (e *MissingFieldsError) Hint() string {
	return "let the integration user see them (field-level security, in a permission set), correct \"expected\", or set strict to false"
}

// MissingObjectError says that the user sees no such object.
type MissingObjectError struct{ Object string }

func (e *MissingObjectError) Error() string {
	return fmt.Sprintf("the org has no object %s, or hides it", e.Object)
}

// Hint says what to do.
func (e *MissingObjectError) Hint() string {
	return "correct the name (custom objects end in __c), or let the integration user read it (object permissions, in a permission set)"
}

// WindowError says that a window cannot be read, nor made smaller.
type WindowError struct {
	Object string
	Window Window
	Err    error
}

func (e *WindowError) Error() string {
	return fmt.Sprintf("%s: window %s cannot be read, nor be halved further: %v", e.Object, e.Window, e.Err)
}

// Unwrap gives what the org said last.
func (e *WindowError) Unwrap() error { return e.Err }
