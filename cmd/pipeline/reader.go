package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
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

// reading is what is read: the state that at names, or the current one; verified or not.
type reading struct {
	at     string
	verify bool
}

// openPublished opens a session on one consistent state of the lake. Bronze is there if sql
// names it.
func (a *app) openPublished(ctx context.Context, from reading, sql string) (sess engine.Session, view *lake.View, close func() error, err error) {
	l, err := a.openLake()
	if err != nil {
		return nil, nil, nil, err
	}
	if view, err = l.View(from.at); err != nil {
		return nil, nil, nil, err
	}
	if view.Commit() == nil {
		return nil, nil, nil, &usageError{err: fmt.Errorf("the lake %s is empty", l.Root()), hint: "`pipeline run` fills it"}
	}
	db, closeEngine, err := openEngine(ctx, engine.Options{})
	if err != nil {
		return nil, nil, nil, err
	}
	if sess, err = db.Session(ctx); err != nil {
		return nil, nil, nil, errors.Join(err, closeEngine())
	}
	close = func() error { return errors.Join(sess.Close(), closeEngine()) }
	if from.verify {
		err = registerVerified(ctx, sess, view, sql)
	} else {
		err = register(ctx, sess, l, view, sql)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, close())
	}
	return sess, view, close, nil
}
