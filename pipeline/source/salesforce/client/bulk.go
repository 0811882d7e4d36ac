package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// BulkQuery is a query by Bulk API 2.0.
type BulkQuery struct {
	SOQL string
	All  bool // queryAll
}

// States of a bulk job.
const (
	JobUploadComplete = "UploadComplete"
	JobInProgress     = "InProgress"
	JobComplete       = "JobComplete"
	JobFailed         = "Failed"
	JobAborted        = "Aborted"
)

// BulkJob is what the server says of a job.
type BulkJob struct {
	ID          string      `json:"id"`
	Operation   string      `json:"operation"`
	Object      string      `json:"object"`
	State       string      `json:"state"`
	CreatedDate string      `json:"createdDate"`
	APIVersion  json.Number `json:"apiVersion"`
	Message     string      `json:"errorMessage"`
	Retries     int         `json:"retries"`
	Millis      int64       `json:"totalProcessingTime"`
	Processed   *int64      `json:"numberRecordsProcessed"` // nil: not said
}

// Records is how many records the finished job has; false = not known.
func (j BulkJob) Records() (int64, bool) {
	if j.Processed == nil {
		return 0, false
	}
	return *j.Processed, true
}

// Finished says that the job will not change any more.
func (j BulkJob) Finished() bool {
	return j.State == JobComplete || j.State == JobFailed || j.State == JobAborted
}

// BulkCreate starts a job. Should the answer be lost, the call is made again and the
// first job is left behind, for the server to remove after seven days.
func (c *Client) BulkCreate(ctx context.Context, q BulkQuery) (BulkJob, error) {
	operation := "query"
	if q.All {
		operation = "queryAll"
	}
	body, err := json.Marshal(map[string]string{
		"operation": operation, "query": q.SOQL,
		"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF",
	})
	if err != nil {
		return BulkJob{}, err
	}
	return c.job(ctx, request{kind: KindBulkCreate, method: http.MethodPost, path: c.path("jobs/query"), body: body})
}

// BulkStatus asks for a job. ErrJobGone: it was deleted, or is older than seven days.
func (c *Client) BulkStatus(ctx context.Context, id string) (BulkJob, error) {
	return c.job(ctx, request{kind: KindBulkPoll, path: c.jobPath(id)})
}

func (c *Client) job(ctx context.Context, r request) (BulkJob, error) {
	var job BulkJob
	_, err := c.do(ctx, r, func(_ reply, body io.Reader) error {
		job = BulkJob{}
		if err := decodeJSON(body, &job); err != nil {
			return err
		}
		if job.ID == "" || job.State == "" {
			return fmt.Errorf("%w: it is no job", ErrProtocol)
		}
		return nil
	})
	job.Message = c.secrets.clean(job.Message)
	return job, err
}

func (c *Client) jobPath(id string) string { return c.path("jobs/query/" + url.PathEscape(id)) }

// Bounds of polling.
const (
	firstPoll    = 200 * time.Millisecond
	longestPoll  = 30 * time.Second
	jobDeadline  = 2 * time.Hour
	abortTimeout = 10 * time.Second
)

// BulkWait polls until the job is complete: after 0.2 s, then twice as long each time,
// up to 30 s. A failed or aborted job is a *JobError. A deadline of 0 is two hours. If
// the deadline passes or the context is cancelled, the job is aborted: it would go on
// using up the org's limits.
func (c *Client) BulkWait(ctx context.Context, id string, deadline time.Duration) (BulkJob, error) {
	if deadline <= 0 {
		deadline = jobDeadline
	}
	end := c.cfg.Now().Add(deadline)
	for pause := firstPoll; ; pause = min(pause*2, longestPoll) {
		job, err := c.BulkStatus(ctx, id)
		switch {
		case ctx.Err() != nil:
			c.abandon(ctx, id)
			return job, err
		case err != nil:
			return job, err
		case job.State == JobComplete:
			return job, nil
		case job.Finished():
			return job, &JobError{ID: id, State: job.State, Message: job.Message}
		}
		if !c.cfg.Now().Add(pause).Before(end) {
			c.abandon(ctx, id)
			return job, fmt.Errorf("salesforce: bulk job %s is %s after %s: %w", id, job.State, deadline, ErrJobDeadline)
		}
		if err := c.cfg.Sleep(ctx, pause); err != nil {
			c.abandon(ctx, id)
			return job, fmt.Errorf("salesforce: bulk job %s: %w", id, err)
		}
	}
}

// abandon aborts a job that nobody waits for any more, even if the run is cancelled.
func (c *Client) abandon(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	if err := c.BulkAbort(ctx, id); err != nil {
		c.cfg.Log.Warn("salesforce bulk job could not be aborted", "job", id, "error", err)
	}
}

// BulkAbort stops a job. One that is gone or finished already is no error.
func (c *Client) BulkAbort(ctx context.Context, id string) error {
	err := c.endJob(ctx, request{kind: KindBulkEnd, method: http.MethodPatch, path: c.jobPath(id), body: []byte(`{"state":"Aborted"}`)})
	if errors.Is(err, ErrJobNotComplete) { // "invalid job state": here, too late
		return nil
	}
	return err
}

// BulkDelete removes a finished job with its results. One that is gone already is no
// error.
func (c *Client) BulkDelete(ctx context.Context, id string) error {
	return c.endJob(ctx, request{kind: KindBulkEnd, method: http.MethodDelete, path: c.jobPath(id)})
}

func (c *Client) endJob(ctx context.Context, r request) error {
	_, err := c.do(ctx, r, func(reply, io.Reader) error { return nil })
	if errors.Is(err, ErrJobGone) {
		return nil
	}
	return err
}
