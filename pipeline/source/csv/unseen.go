package csv

import (
	"context"
	"errors"
	"os"

	"github.com/customer360/pipeline/pipeline/config"
)

// Unseen lists the object's files that were not loaded before, without looking into
// them: what a plan needs. seen is asked as by Scan.
func (s *Source) Unseen(ctx context.Context, object config.Object, seen func(hash string) bool) ([]string, error) {
	opt, err := s.options(object)
	if err != nil {
		return nil, err
	}
	names, err := s.find(object)
	if err != nil {
		return nil, err
	}
	var unseen []string
	var problems []error
	for _, name := range names {
		f := fileScan{source: s, object: object.Name, name: name, opt: opt}
		id, err := f.identify(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			problems = append(problems, named(err, f.path()))
		case !seen(id):
			unseen = append(unseen, name)
		}
	}
	return unseen, errors.Join(problems...)
}

// identify reads a file only to know which it is.
func (f *fileScan) identify(ctx context.Context) (string, error) {
	at, byName, err := exportTime(f.name, f.opt.exportedAt, f.opt.zone)
	if err != nil {
		return "", err
	}
	in, err := os.Open(f.path())
	if err != nil {
		return "", err
	}
	defer in.Close()
	hash, err := hashOf(ctx, in)
	if err != nil {
		return "", err
	}
	return identity(hash, at, byName), nil
}
