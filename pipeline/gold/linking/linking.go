// Package linking carries account linking into gold: it makes accounts and decisions of the
// rows that models gather, and rows of what linking found.
//
// It owns the shape of these rows, and which data files a result hangs on. How accounts are
// compared is package link's, what the tables mean is said in their models (sql/gold). It
// knows nothing of the lake.
package linking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/link"
)

// PolicyParameter is the parameter that names the policy.
const PolicyParameter = "linking.policy"

// Fits are the functions that models name in "-- fit:". A name ends in a version, which must
// rise when the rows change for another reason than the data files or the normaliser.
//
// files holds the words, legal forms and policies of linking.
func Fits(files fs.FS) (map[string]gold.Fit, error) {
	data, err := digest(files)
	if err != nil {
		return nil, err
	}
	return map[string]gold.Fit{
		"link_pairs_2": {Data: data, Run: func(ctx context.Context, in gold.FitInput, write func(...any) error) error {
			policy, ok := in.Params[PolicyParameter].(string)
			if !ok {
				return fmt.Errorf("parameter %s is %v, want the name of a policy", PolicyParameter, in.Params[PolicyParameter])
			}
			l, err := Linker(files, policy, in.Session, in.Dir)
			if err != nil {
				return err
			}
			u, err := loadUpdates(files)
			if err != nil {
				return err
			}
			return writePairs(ctx, l, in, u, write)
		}},
		"master_ids_1": {Run: func(_ context.Context, in gold.FitInput, write func(...any) error) error {
			return writeMasters(in.Rows, write)
		}},
	}, nil
}

// Linker makes a linker of data files. dir is for files that it removes again.
func Linker(files fs.FS, policy string, sess engine.Session, dir string) (*link.Linker, error) {
	words, err := link.LoadVocabulary(files)
	if err != nil {
		return nil, err
	}
	p, err := link.LoadPolicy(files, policy)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("parameter %s: there is no policy %q: %w", PolicyParameter, policy, err)
	}
	if err != nil {
		return nil, err
	}
	return &link.Linker{Vocabulary: words, Policy: p, Session: sess, Dir: dir}, nil
}

// digest identifies the data files, and the code that reads names.
func digest(files fs.FS) (string, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "normaliser %d\n", link.NormaliserVersion)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return "", fmt.Errorf("account linking: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n", name, len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
