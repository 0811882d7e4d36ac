package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source/salesforce"
)

// TestExitCodes tells a budget that is used up from an object that failed.
func TestExitCodes(t *testing.T) {
	budget := fmt.Errorf("sf: Account: %w", &salesforce.BudgetError{Source: "sf", Used: 81, Max: 100, Percent: 80})
	failed := errors.New("sf: Case: it fails")
	for _, c := range []struct {
		err  error
		want int
	}{
		{&pipeline.IncompleteError{Errs: []error{budget, budget}}, exitBudget},
		{&pipeline.IncompleteError{Errs: []error{budget, failed}}, exitFailed},
		{&pipeline.IncompleteError{Errs: []error{failed}}, exitFailed},
		{errors.Join(nil, &pipeline.IncompleteError{Errs: []error{budget}}), exitBudget},
		{&config.SecretError{Where: "sf: auth.client_secret", Reason: "not set"}, exitUsage},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit %d, want %d", c.err, got, c.want)
		}
	}
	if hintOf(&pipeline.IncompleteError{Errs: []error{budget}}) == "" {
		t.Error("no hint what to do about the budget")
	}
}
