package pipeline

import "time"

// Status is how a step or run ended.
type Status string

// The ends of a step. Skipped steps were unchanged and not done again.
const (
	Done    Status = "done"
	Skipped Status = "unchanged"
	Failed  Status = "failed"
)

// Result is everything a run has to say. It is what `run --json` prints, what
// _lake/runs/<run>/report.json keeps, and what the run log is made of.
type Result struct {
	Run         string        `json:"run"`
	Status      Status        `json:"status"`
	AsOf        string        `json:"as_of"`
	Layer       Layer         `json:"layer"`
	Historical  bool          `json:"historical,omitempty"` // as-of before the published one: current stays as it is
	Out         string        `json:"out,omitempty"`
	StartedAt   time.Time     `json:"started_at"`
	FinishedAt  time.Time     `json:"finished_at"`
	ConfigHash  string        `json:"config_hash"`
	CodeVersion string        `json:"code_version"`
	Sources     int           `json:"sources"`
	Steps       []Step        `json:"steps"`
	History     *HistoryFill  `json:"history,omitempty"` // earlier as-of dates that were filled
	BronzeBytes int64         `json:"bronze_bytes,omitempty"`
	Checks      []CheckResult `json:"checks,omitempty"`
	Warnings    []string      `json:"warnings,omitempty"`
	Mended      []string      `json:"mended,omitempty"`            // files of the lake that were missing or damaged, and are right again
	Bronze      int64         `json:"bronze_version,omitempty"`    // commit with the extracted rows; 0 = nothing was new
	Published   int64         `json:"published_version,omitempty"` // 0 = nothing was published
	Previous    int64         `json:"previous_version,omitempty"`
	Error       string        `json:"error,omitempty"`
}

// Step is one table of one layer in a run.
type Step struct {
	Layer          Layer         `json:"layer"`
	Table          string        `json:"table"` // lake table, e.g. bronze/sf_za/account, silver/account
	Status         Status        `json:"status"`
	StartedAt      time.Time     `json:"started_at"`
	Elapsed        time.Duration `json:"elapsed_ns"`
	AsOf           string        `json:"as_of,omitempty"`  // where it is not the run's
	Reason         string        `json:"reason,omitempty"` // why it ran or did not
	RowsIn         int64         `json:"rows_in"`
	RowsOut        int64         `json:"rows_out"`
	Unchanged      int64         `json:"rows_unchanged,omitempty"`
	Malformed      int64         `json:"rows_malformed,omitempty"`
	Deleted        int64         `json:"rows_deleted,omitempty"` // bronze: tombstones; silver: soft-deleted
	Superseded     int64         `json:"rows_superseded,omitempty"`
	NotYetKnown    int64         `json:"rows_not_yet_known,omitempty"`
	Rejected       int64         `json:"rows_rejected,omitempty"`
	RejectedValues int64         `json:"values_rejected,omitempty"`
	FxMissing      int64         `json:"fx_missing,omitempty"`
	BytesIn        int64         `json:"bytes_in"` // of the files it was built from; of an API: on the wire
	BytesOut       int64         `json:"bytes_out"`
	Files          int           `json:"files,omitempty"`
	WatermarkFrom  *time.Time    `json:"watermark_from,omitempty"` // bronze: the newest export loaded before, or the bound of the window read before; nil if unknown
	WatermarkTo    *time.Time    `json:"watermark_to,omitempty"`   // bronze: the newest export loaded now, or the bound of the window read now
	Transport      string        `json:"transport,omitempty"`      // bronze, of an API: rest or bulk
	TransportWhy   string        `json:"transport_reason,omitempty"`
	Calls          int64         `json:"api_calls,omitempty"`
	PagesResumed   int           `json:"pages_resumed,omitempty"` // of an earlier run, not read again
	Notes          []string      `json:"notes,omitempty"`
	Error          string        `json:"error,omitempty"`
}

// CheckResult is one data check of a run.
type CheckResult struct {
	ID          string   `json:"id"`
	Table       string   `json:"table"`
	Column      string   `json:"column,omitempty"`
	Dimension   string   `json:"dimension,omitempty"` // uniqueness, validity, conservation, freshness …
	Severity    string   `json:"severity"`            // error blocks publishing, warning does not
	Passed      bool     `json:"passed"`
	FailingRows int64    `json:"failing_rows"`
	TotalRows   int64    `json:"total_rows"`
	SampleKeys  []string `json:"sample_keys,omitempty"`
	About       string   `json:"about,omitempty"` // what it means and what to do
	SQL         string   `json:"sql,omitempty"`
}

// Blocking tells whether the check stops publishing.
func (c CheckResult) Blocking() bool { return !c.Passed && c.Severity == "error" }

// Observer watches a run. Calls come one at a time.
type Observer interface {
	RunStarted(r *Result)
	HistoryStarted(h *HistoryFill)
	StepStarted(layer Layer, table string)
	StepFinished(s Step)
	RunFinished(r *Result)
}

// CheckTally counts passed checks, warnings and errors.
func (r *Result) CheckTally() (passed, warnings, failed int) {
	for _, c := range r.Checks {
		switch {
		case c.Passed:
			passed++
		case c.Blocking():
			failed++
		default:
			warnings++
		}
	}
	return passed, warnings, failed
}
