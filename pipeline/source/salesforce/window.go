package salesforce

import (
	"time"

	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

const (
	// maxHalvings and minWindow bound how small a window gets.
	maxHalvings = 12
	minWindow   = time.Minute
	// deletedDays is how far back deletions are asked for: the org forgets after 15 days.
	deletedDays = 14
)

// beginning is before any record of any org: where a window without a lower bound is
// halved from if the oldest record cannot be asked for.
var beginning = time.Date(1999, 3, 8, 0, 0, 0, 0, time.UTC)

// Window is a half-open span of stamps. A zero bound is none.
type Window struct {
	Lower time.Time `json:"lower,omitzero"`
	Upper time.Time `json:"upper,omitzero"`
}

// String is the window for people and for bronze's _source_file.
func (w Window) String() string {
	from, to := "the beginning", "the end"
	if !w.Lower.IsZero() {
		from = client.DateTime(w.Lower)
	}
	if !w.Upper.IsZero() {
		to = client.DateTime(w.Upper)
	}
	return "[" + from + ", " + to + ")"
}

// where are the window's conditions. The lower bound is included: records of one instant
// may have been only half visible the last time.
func (w Window) where(cursor string) (conditions []string) {
	if cursor == "" {
		return nil
	}
	if !w.Lower.IsZero() {
		conditions = append(conditions, cursor+" >= "+client.DateTime(w.Lower))
	}
	if !w.Upper.IsZero() {
		conditions = append(conditions, cursor+" < "+client.DateTime(w.Upper))
	}
	return conditions
}

// halve splits the window in two at the middle between its bounds, or those that stand
// for missing ones; ok is false if it is too small for that.
func (w Window) halve(oldest, newest time.Time) (older, newer Window, ok bool) {
	from, to := w.Lower, w.Upper
	if from.IsZero() {
		from = oldest
	}
	if to.IsZero() {
		to = newest
	}
	if to.Sub(from) < 2*minWindow {
		return w, w, false
	}
	middle := from.Add(to.Sub(from) / 2).Truncate(time.Second)
	return Window{w.Lower, middle}, Window{middle, w.Upper}, true
}

// plan is the window of a run: from the watermark less the overlap to the org's clock
// less the lag. Without a watermark, or with a reason to read all again, it begins with
// the first record. It never goes back: the watermark stands for what is held.
func (s spans) plan(mark *Mark, serverNow time.Time, reread string) Window {
	w := Window{Upper: serverNow.Add(-s.lag).Truncate(time.Millisecond)}
	if mark == nil {
		return w
	}
	if w.Upper.Before(mark.Upper) {
		w.Upper = mark.Upper
	}
	if reread == "" {
		w.Lower = mark.Upper.Add(-s.overlap)
	}
	return w
}
