package main

import (
	"context"
	"errors"
	"os"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

// openEngine opens an engine for reading the lake. What exceeds its memory spills into a
// directory of its own, because two processes must not share one; close removes it.
func openEngine(ctx context.Context, opt engine.Options) (db *duckdb.DB, close func() error, err error) {
	dir, err := os.MkdirTemp("", "pipeline-spill-")
	if err != nil {
		return nil, nil, err
	}
	opt.TempDirectory = dir
	if db, err = duckdb.Open(ctx, opt); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	return db, func() error { return errors.Join(db.Close(), os.RemoveAll(dir)) }, nil
}
