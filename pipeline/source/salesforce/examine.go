package salesforce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// Health is what an org says about itself when it is looked at before a run.
type Health struct {
	APIVersion string
	User       string        // id; "" = the login does not tell
	Skew       time.Duration // the org's clock less this machine's
	SkewKnown  bool
	Limits     []Usage
	SeesAll    string // "yes", "no", or why that cannot be told
}

// Usage is a limit of the org over 24 hours.
type Usage struct {
	Name      string
	Used, Max int64
}

// ObjectHealth is what a first extraction of an object would meet.
type ObjectHealth struct {
	Object    string
	Problem   error    // it cannot be extracted
	Skipped   string   // it would be left out, and why
	Fields    int      // that are read
	Excluded  []string // left out for their type
	Missing   []string // expected, and not there
	Absent    []string // read by a mapping, and not there
	Cursor    string
	Rows      int64
	Transport string
	Reason    string
	Calls     int64         // roughly
	Takes     time.Duration // roughly
}

// Rough costs, for estimates alone.
const (
	rowsPerPage    = 2000
	rowsPerBulk    = 25_000
	bulkCalls      = 8 // create, about five polls, the first page, delete
	restPageTakes  = 700 * time.Millisecond
	bulkJobTakes   = 20 * time.Second
	bulkRowsSecond = 5000
)

// limitNames are the limits that extraction uses up.
var limitNames = []string{"DailyApiRequests", "DailyBulkV2QueryJobs", "DailyBulkV2QueryFileStorageMB"}

// Health asks what stands in the way of any object. Connect comes first.
func (o *Org) Health(ctx context.Context) (Health, error) {
	h := Health{APIVersion: o.client.APIVersion()}
	id, err := o.client.Identity(ctx)
	if err != nil {
		return h, o.failed("identity", err)
	}
	h.User = id.UserID
	h.Skew, h.SkewKnown = o.client.Skew()
	limits, err := o.client.Limits(ctx)
	if err != nil {
		return h, o.failed("limits", err)
	}
	for _, name := range limitNames {
		if l, ok := limits[name]; ok {
			h.Limits = append(h.Limits, Usage{Name: name, Used: l.Max - l.Remaining, Max: l.Max})
		}
	}
	h.SeesAll = o.seesAll(ctx, h.User)
	return h, nil
}

// seesAll tells whether the user may see every record. Without that permission records
// that are not shared with it are missing, and nothing says so.
func (o *Org) seesAll(ctx context.Context, user string) string {
	if user == "" {
		return "the login does not tell the user"
	}
	soql := client.Select{Object: "PermissionSetAssignment", Fields: []string{"COUNT()"},
		Where: []string{"AssigneeId = " + client.Quote(user), "PermissionSet.PermissionsViewAllData = true"}}.String()
	n, err := o.client.Count(ctx, soql, false)
	switch {
	case err != nil:
		return "permissions cannot be read"
	case n == 0:
		return "no"
	}
	return "yes"
}

// Examine asks what a first extraction of an object would meet.
func (o *Org) Examine(ctx context.Context, r Request) (h ObjectHealth) {
	h.Object = r.Object.Name
	x := &extraction{org: o, request: r, object: r.Object.Name, client: o.client}
	info, ok := o.objects[strings.ToLower(x.object)]
	switch {
	case !ok && r.Object.Optional:
		h.Skipped = "the org has no such object, or hides it"
		return h
	case !ok:
		h.Problem = &MissingObjectError{Object: x.object}
		return h
	case !info.Queryable:
		h.Skipped = "the org does not let it be queried"
		return h
	}
	x.info, x.object = info, info.Name
	if _, err := x.describe(ctx); err != nil {
		var missing *MissingFieldsError
		if errors.As(err, &missing) {
			h.Missing = missing.Fields
		}
		h.Problem = err
		return h
	}
	c := x.columns
	h.Fields, h.Missing, h.Absent, h.Cursor = len(c.read), c.missing, c.absent, c.cursor
	for _, f := range c.fields {
		if !readable(f.Field) {
			h.Excluded = append(h.Excluded, f.Name)
		}
	}
	t := task{name: taskRows, object: x.object, columns: c.read, cursor: c.cursor, all: true}
	if h.Rows, h.Problem = x.client.Count(ctx, client.Select{Object: x.object, Fields: []string{"COUNT()"}}.String(), true); h.Problem != nil {
		return h
	}
	if o.counts == nil {
		o.counts = map[string]int64{}
	}
	o.counts[strings.ToLower(x.object)] = h.Rows
	choice, err := x.transport(ctx, t, Window{})
	if h.Problem = err; err != nil {
		return h
	}
	h.Transport, h.Reason = choice.transport, choice.reason
	if h.Transport == bulk {
		h.Calls = bulkCalls + h.Rows/rowsPerBulk
		h.Takes = bulkJobTakes + time.Duration(h.Rows/bulkRowsSecond)*time.Second
		return h
	}
	h.Calls = 2 + h.Rows/rowsPerPage
	h.Takes = time.Duration(h.Calls) * restPageTakes
	return h
}

// String is the usage in words.
func (u Usage) String() string {
	percent := int64(0)
	if u.Max > 0 {
		percent = 100 * u.Used / u.Max
	}
	return fmt.Sprintf("%s: %d of %d used (%d %%)", u.Name, u.Used, u.Max, percent)
}
