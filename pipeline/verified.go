package pipeline

import (
	"context"
	"sync"

	"github.com/customer360/pipeline/pipeline/lake"
)

// verified holds the published files that a run builds from against their checksums, each
// once and before it is read: what a disk changed must stop the run, not become a figure.
// Files that the run itself wrote are not looked at, and files that it does not read are
// `lake verify`'s work.
type verified struct {
	lake  *lake.Lake
	files map[string]lake.File // of the published state, by where they stand

	mu   sync.Mutex
	seen map[string]func() error
}

func newVerified(l *lake.Lake, s *state) *verified {
	v := &verified{lake: l, files: map[string]lake.File{}, seen: map[string]func() error{}}
	for _, m := range s.manifests {
		for _, f := range m.Files {
			v.files[s.path(f)] = f
		}
	}
	return v
}

// check looks at files. Several tables that are built at once may wait for one file.
func (v *verified) check(ctx context.Context, paths ...string) error {
	for _, path := range paths {
		f, published := v.files[path]
		if !published {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		v.mu.Lock()
		look := v.seen[path]
		if look == nil {
			look = sync.OnceValue(func() error { return v.lake.CheckFile(f) })
			v.seen[path] = look
		}
		v.mu.Unlock()
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// checkInputs looks at the files of several tables.
func (v *verified) checkInputs(ctx context.Context, inputs ...map[string][]string) error {
	for _, tables := range inputs {
		for _, name := range sortedKeys(tables) {
			if err := v.check(ctx, tables[name]...); err != nil {
				return err
			}
		}
	}
	return nil
}
