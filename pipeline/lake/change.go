package lake

import (
	"context"
	"errors"
)

// change lets f work on the head in a transaction of its own: it takes the lock, recovers
// what a dead run left, and cleans up afterwards.
func (l *Lake) change(ctx context.Context, run string, f func(tx *Tx, head *Commit) error) error {
	return l.changeAny(ctx, run, func(tx *Tx, head *Commit) error {
		if head == nil {
			return l.emptyError()
		}
		return f(tx, head)
	})
}

// changeAny is change for a lake that may be empty: head is then nil.
func (l *Lake) changeAny(ctx context.Context, run string, f func(tx *Tx, head *Commit) error) (err error) {
	lock, err := l.Lock(run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	tx, _, err := l.Begin(ctx, lock, run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Close()) }()
	head, err := l.Head()
	if err != nil {
		return err
	}
	return f(tx, head)
}

func (l *Lake) emptyError() error {
	return &Error{Op: "open", Path: l.root, Kind: ErrNotFound, Err: errors.New("the lake has no version yet"), Advice: "`pipeline run` makes one"}
}

// publishOnly is Publish for a change whose commit counts even if the projections have to
// be brought up to date later: the error then says so.
func publishOnly(ctx context.Context, tx *Tx, p Publish) (version int64, err error) {
	c, err := tx.Publish(ctx, p)
	if c != nil {
		version = c.Version
	}
	return version, err
}
