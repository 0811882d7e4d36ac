package main

import (
	"slices"
	"testing"
)

func TestByLayer(t *testing.T) {
	tables := []string{"bronze/a/x"}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
		tables = append(tables, "gold/"+name)
	}
	tables = append(tables, "ops/run_log", "ops/user_access")
	want := []string{"bronze/a/x", "9 tables of gold (--json names them)", "ops/run_log, ops/user_access"}
	if got := byLayer(tables); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
