package linking

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/link"
)

// updates says when linking starts from a state that an earlier as-of left. A state is a mere
// cache: with it or without it the result is the same.
type updates struct {
	Accounts int `json:"accounts"` // from which on a state is kept and used
	Days     int `json:"days"`     // after which it is of no use
	States   int `json:"states"`   // that are kept
}

func loadUpdates(files fs.FS) (*updates, error) {
	text, err := fs.ReadFile(files, "update.json")
	if err != nil {
		return nil, fmt.Errorf("account linking: %w", err)
	}
	u := &updates{}
	if err := json.Unmarshal(text, u); err != nil {
		return nil, fmt.Errorf("account linking: update.json: %w", err)
	}
	return u, nil
}

// run links the accounts, from the newest state that is of use if there is one, and leaves its
// own. What cannot be read or written there only costs time.
func (u *updates) run(ctx context.Context, l *link.Linker, in gold.FitInput, accounts []link.Account, decisions []link.Decision) (*link.Result, error) {
	l.Counted = monday(in.AsOf).Format(time.DateOnly)
	if in.Cache == "" || len(accounts) < u.Accounts {
		return l.Run(ctx, accounts, decisions)
	}
	r, err := l.Update(ctx, accounts, decisions, u.earlier(in))
	if err != nil {
		return nil, err
	}
	own := filepath.Join(in.Cache, in.AsOf.Format(time.DateOnly))
	if os.MkdirAll(own, 0o755) == nil && r.State().Save(own) == nil {
		u.prune(in.Cache, in.AsOf)
	}
	return r, nil
}

// monday begins the week of a day: from then on accounts are recent.
func monday(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) }

// earlier is the newest state up to the as-of that can be read and is not too old, nil if there is
// none. Whether it fits is for the linker to say.
func (u *updates) earlier(in gold.FitInput) *link.State {
	for _, day := range slices.Backward(asOfs(in.Cache)) {
		if day.After(in.AsOf) || day.Before(in.AsOf.AddDate(0, 0, -u.Days)) {
			continue
		}
		if s, err := link.LoadState(filepath.Join(in.Cache, day.Format(time.DateOnly))); err == nil {
			return s
		}
	}
	return nil
}

// prune removes the states of earlier as-ofs but for the newest ones.
func (u *updates) prune(dir string, asOf time.Time) {
	days := slices.DeleteFunc(asOfs(dir), func(d time.Time) bool { return d.After(asOf) })
	for _, day := range days[:max(0, len(days)-u.States)] {
		_ = os.RemoveAll(filepath.Join(dir, day.Format(time.DateOnly)))
	}
}

// asOfs are those of which there are states, in their order.
func asOfs(dir string) (days []time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if day, err := time.Parse(time.DateOnly, e.Name()); err == nil {
			days = append(days, day)
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	return days
}
