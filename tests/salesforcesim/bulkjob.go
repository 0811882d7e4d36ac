package salesforcesim

import (
	"encoding/json"
	"io"
	"sort"
	"strings"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim/soql"
)

// jobLife is how long results are kept.
const jobLife = 7 * 24 * time.Hour

// States of a job.
const (
	uploadComplete = "UploadComplete"
	inProgress     = "InProgress"
	jobComplete    = "JobComplete"
	jobFailed      = "Failed"
	jobAborted     = "Aborted"
)

// job is a Bulk API 2.0 query. It runs when it is complete: what it found stays.
type job struct {
	id, operation, text string
	plan                *plan
	version             int
	created, changed    time.Time
	state, message      string
	polls               int
	style               csvStyle
	delimiter, ending   string // as the API names them
	result              *result
	number              int
}

type jobs struct {
	open map[string]*job
	next int
}

func newJobs() jobs { return jobs{open: map[string]*job{}} }

// JobsOpen counts the jobs that were not deleted.
func (o *Org) JobsOpen() int {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	return len(o.jobs.open)
}

var delimiters = map[string]string{"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}

var endings = map[string]string{"LF": "\n", "CRLF": "\r\n"}

// jobObject is the object of the job that a call names, or creates.
func (c *call) jobObject() string {
	if len(c.rest) < 3 {
		b, err := io.ReadAll(io.LimitReader(c.request.Body, 1<<20))
		c.request.Body = io.NopCloser(strings.NewReader(string(b)))
		var body struct{ Query string }
		if err == nil && json.Unmarshal(b, &body) == nil {
			if q, err := soql.Parse(body.Query); err == nil {
				return q.From
			}
		}
		return ""
	}
	c.org.world.mu.Lock()
	defer c.org.world.mu.Unlock()
	if j := c.org.jobs.open[fullID(c.rest[2])]; j != nil {
		return j.plan.object.Name
	}
	return ""
}

// createJob answers POST jobs/query.
func (c *call) createJob() *reply {
	var body struct{ Operation, Query, ContentType, ColumnDelimiter, LineEnding string }
	if err := json.NewDecoder(c.request.Body).Decode(&body); err != nil {
		return fail(400, "JSON_PARSER_ERROR", "%s", err)
	}
	orDefault := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	orDefault(&body.ContentType, "CSV")
	orDefault(&body.ColumnDelimiter, "COMMA")
	orDefault(&body.LineEnding, "LF")
	switch {
	case body.Operation != "query" && body.Operation != "queryAll":
		return fail(400, "INVALIDOPERATION", "operation must be query or queryAll")
	case body.ContentType != "CSV" || delimiters[body.ColumnDelimiter] == "" || endings[body.LineEnding] == "":
		return fail(400, "INVALID_FIELD", "contentType, columnDelimiter or lineEnding is not supported")
	}
	q, err := soql.Parse(body.Query)
	if err != nil {
		return errorReply(&wireError{400, "MALFORMED_QUERY", err.Error(), nil})
	}
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	if o.jobs.next >= o.options.DailyBulkJobs {
		return fail(400, "API_ERROR", "Max bulk v2 query jobs (%d) per 24 hrs has been reached", o.options.DailyBulkJobs)
	}
	p, err := o.plan(q, c.version, body.Operation == "queryAll", true)
	if err != nil {
		return errorReply(err)
	}
	j := &job{operation: body.Operation, text: body.Query, plan: p, version: c.version, created: o.world.now, changed: o.world.now, state: uploadComplete,
		delimiter: body.ColumnDelimiter, ending: body.LineEnding, number: o.jobs.next}
	j.style = csvStyle{delimiter: delimiters[j.delimiter], newline: endings[j.ending], offset: o.options.BulkDatetime == "+0000",
		plain: o.options.BulkNumbers == "plain", exponent: o.options.BulkNumbers == "exponent", bareNull: o.options.BulkNull == "bare"}
	o.jobs.next++
	j.id = makeID("750", o.pod, uint64(o.jobs.next))
	o.jobs.open[j.id] = j
	return jsonReply(200, j.info(o))
}

// bulkRules refuses what Bulk API 2.0 cannot do.
func (p *plan) bulkRules() error {
	q := p.query
	refuse := func(code, format string, args ...any) error {
		return &wireError{400, code, plainf(format, args...), nil}
	}
	switch {
	case p.object.NoBulk:
		return refuse("INVALIDENTITY", "Entity '%s' is not supported by the Bulk API.", p.object.Name)
	case len(q.GroupBy) > 0:
		return refuse("API_ERROR", "Group By not supported in Bulk Query")
	case q.Offset >= 0:
		return refuse("API_ERROR", "Offset not supported in Bulk Query")
	}
	for _, it := range q.Select {
		switch f, _ := p.object.field(it.Path, p.version); {
		case it.Sub != nil:
			return refuse("API_ERROR", "Nested queries not supported in Bulk Query")
		case it.Type:
			return refuse("API_ERROR", "TYPEOF not supported in Bulk Query")
		case it.Func == "FIELDS":
			return refuse("API_ERROR", "FIELDS() not supported in Bulk Query")
		case it.Func != "":
			return refuse("API_ERROR", "Aggregate Relationships not supported in Bulk Query")
		case f != nil && f.facts().compound:
			return refuse("API_ERROR", "Selecting compound data not supported in Bulk Query")
		case f != nil && (f.Type == "base64" || strings.HasPrefix(f.soap(), "urn:")):
			return refuse("API_ERROR", "Selecting binary or complex data not supported in Bulk Query")
		}
	}
	return nil
}

// advance lets time and polls work on a job. The lock is held.
func (o *Org) progress(j *job) {
	if j.state != uploadComplete && j.state != inProgress {
		return
	}
	j.polls++
	next := inProgress
	if j.polls >= o.options.JobPolls && !o.world.now.Before(j.created.Add(o.options.JobTime)) {
		next = jobComplete
		j.plan.now = o.world.now
		j.result = j.plan.run()
	}
	j.move(next, o.world.now)
}

func (j *job) move(state string, now time.Time) {
	if j.state != state {
		j.state, j.changed = state, now
	}
}

// findJob finds the job that a call names. It must be asked for by the version it was
// made with.
func (c *call) findJob() (*job, *reply) {
	o := c.org
	j := o.jobs.open[fullID(c.rest[2])]
	if j != nil && o.world.now.Sub(j.created) > jobLife {
		delete(o.jobs.open, j.id)
		j = nil
	}
	switch {
	case c.rest[1] != "query" || j == nil:
		return nil, notFound()
	case j.version != c.version:
		return nil, fail(409, "API_ERROR", "The job was created with API version %d.0 and cannot be used with %d.0", j.version, c.version)
	}
	return j, nil
}

// getJob answers a poll.
func (c *call) getJob() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	j, r := c.findJob()
	if r != nil {
		return r
	}
	open := j.state == uploadComplete || j.state == inProgress
	switch {
	case open && c.faulty(JobFailedSilently):
		j.move(jobFailed, o.world.now)
	case open && c.faulty(JobFailed):
		j.message = "QUERY_TIMEOUT: Your query request was running for too long."
		j.move(jobFailed, o.world.now)
	case open && c.faulty(JobAborted):
		j.move(jobAborted, o.world.now)
	default:
		o.progress(j)
	}
	return jsonReply(200, j.status(o))
}

// info is what the creation of a job answers.
func (j *job) info(o *Org) map[string]any {
	return map[string]any{"id": j.id, "operation": j.operation, "object": j.plan.object.Name, "createdById": o.me(), "createdDate": wireStamp(j.created),
		"systemModstamp": wireStamp(j.changed), "state": j.state, "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": json.Number(plainf("%d.0", j.version)),
		"lineEnding": j.ending, "columnDelimiter": j.delimiter}
}

// status is what a poll answers.
func (j *job) status(o *Org) map[string]any {
	m := j.info(o)
	m["jobType"], m["retries"], m["totalProcessingTime"], m["isPkChunkingSupported"] = "V2Query", 0, j.changed.Sub(j.created).Milliseconds(), true
	m["numberRecordsProcessed"] = 0
	if j.result != nil {
		m["numberRecordsProcessed"] = j.result.size()
	}
	if j.message != "" {
		m["errorMessage"] = j.message
	}
	return m
}

func wireStamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000+0000") }

// abortJob answers PATCH.
func (c *call) abortJob() *reply {
	var body struct{ State string }
	if err := json.NewDecoder(c.request.Body).Decode(&body); err != nil || body.State != jobAborted {
		return fail(400, "INVALIDJOBSTATE", "a query job can only be aborted")
	}
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	j, r := c.findJob()
	switch {
	case r != nil:
		return r
	case j.state != uploadComplete && j.state != inProgress:
		return fail(400, "INVALIDJOBSTATE", "Aborting already %s Job not allowed", j.state)
	}
	j.move(jobAborted, o.world.now)
	return jsonReply(200, j.info(o))
}

// deleteJob answers DELETE.
func (c *call) deleteJob() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	j, r := c.findJob()
	switch {
	case r != nil:
		return r
	case j.state == uploadComplete || j.state == inProgress:
		return fail(400, "INVALIDJOBSTATE", "Deleting %s Job not allowed", j.state)
	}
	delete(o.jobs.open, j.id)
	return newReply(204, "", nil)
}

// listJobs answers GET jobs/query.
func (c *call) listJobs() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	if c.rest[1] != "query" {
		return notFound()
	}
	list := []*job{}
	for _, j := range o.jobs.open {
		list = append(list, j)
	}
	sort.Slice(list, func(i, k int) bool { return list[i].number < list[k].number })
	records := []any{}
	for _, j := range list {
		records = append(records, j.status(o))
	}
	return jsonReply(200, map[string]any{"done": true, "records": records, "nextRecordsUrl": nil})
}
