package client

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Conditions that callers branch on, for errors.Is.
var (
	ErrDailyLimit      = errors.New("the org's limit of calls or jobs per 24 hours is reached")
	ErrConcurrentLimit = errors.New("too many long calls at once")
	ErrLocatorLost     = errors.New("the query's cursor is gone")
	ErrQueryTimeout    = errors.New("the query ran too long")
	ErrInvalidField    = errors.New("a field does not exist or is hidden")
	ErrInvalidType     = errors.New("an object does not exist or is hidden")
	ErrQueryTooLong    = errors.New("the query is too long for a URL")
	ErrBulkUnsupported = errors.New("not supported by Bulk API 2.0")
	ErrJobFailed       = errors.New("the bulk job failed")
	ErrJobDeadline     = errors.New("the bulk job did not finish in time")
	ErrJobGone         = errors.New("the bulk job no longer exists")
	ErrJobNotComplete  = errors.New("the bulk job is not complete")
	ErrTooManyIDs      = errors.New("too many deleted records in one window")
	ErrDeletedWindow   = errors.New("the window of deleted records is not one the API takes")
	ErrVersionRetired  = errors.New("the API version is retired or not the job's")
	ErrNotFound        = errors.New("not found")
	ErrUnauthorized    = errors.New("not logged in")
	ErrNoPermission    = errors.New("a permission is missing")
	ErrProtocol        = errors.New("the reply is not one the API gives")
	ErrTruncated       = errors.New("the reply ends too early")
)

// APIError is a refusal by a REST or Bulk resource.
type APIError struct {
	Kind       Kind
	Status     int
	Code       string        // the first error's errorCode; "" if the reply was not the API's
	Message    string        // without secrets
	Fields     []string      // fields the error is about
	RetryAfter time.Duration // what the server asked for; 0 = nothing
	URL        string        // without host credentials, and without the values of its parameters
	Tries      int           // how often it was asked
	what       []error       // the sentinels it stands for
	session    int           // generation of the token it was asked with
}

func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "salesforce: %s: HTTP %d", e.URL, e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if len(e.Fields) > 0 {
		b.WriteString(" (fields " + strings.Join(e.Fields, ", ") + ")")
	}
	if e.Tries > 1 {
		fmt.Fprintf(&b, " (tried %d times)", e.Tries)
	}
	return b.String()
}

// Unwrap gives the conditions the error stands for.
func (e *APIError) Unwrap() []error { return e.what }

// Hint says what can be done, "" if there is nothing to say.
func (e *APIError) Hint() string {
	if h := codeHints[e.Code]; h != "" {
		return h
	}
	for _, h := range sentinelHints {
		if errors.Is(e, h.is) {
			return h.hint
		}
	}
	if e.Status >= 301 && e.Status < 400 {
		return "the address leads elsewhere; use the org's My Domain URL, as Setup > My Domain shows it"
	}
	return ""
}

// AuthError is a refused login.
type AuthError struct {
	Status      int
	Code        string // e.g. invalid_grant
	Description string // e.g. "expired access/refresh token"; without secrets
	Grant       string
	Err         error // what lies below, if the server was not reached or its reply makes no sense
}

func (e *AuthError) Error() string {
	var b strings.Builder
	b.WriteString("salesforce: login by " + e.Grant)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
	}
	for _, part := range []string{e.Code, e.Description} {
		if part != "" {
			b.WriteString(": " + part)
		}
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap gives ErrUnauthorized and the cause.
func (e *AuthError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrUnauthorized}
	}
	return []error{ErrUnauthorized, e.Err}
}

// Hint says what can be done.
func (e *AuthError) Hint() string {
	for _, h := range authHints {
		if h.code == e.Code && strings.Contains(strings.ToLower(e.Description), h.says) {
			return h.hint
		}
	}
	return ""
}

// CountError says that the server's count and the records that came differ.
type CountError struct {
	What string // e.g. "Sforce-NumberOfRecords of the page"
	Want int64  // what the server said
	Got  int64  // what came
}

func (e *CountError) Error() string {
	return fmt.Sprintf("salesforce: %s is %d but %d records came", e.What, e.Want, e.Got)
}

// JobError is a bulk job that ended without a result.
type JobError struct {
	ID      string
	State   string
	Message string // the job's errorMessage; may be empty
}

func (e *JobError) Error() string {
	message := e.Message
	if message == "" {
		message = "no reason given"
	}
	return fmt.Sprintf("salesforce: bulk job %s is %s: %s", e.ID, e.State, message)
}

// Unwrap gives ErrJobFailed.
func (e *JobError) Unwrap() error { return ErrJobFailed }

// Hint says what can be done.
func (e *JobError) Hint() string {
	return "the job's page under Setup > Bulk Data Load Jobs may say more; a smaller window or the REST transport avoids time-outs"
}

// Restartable says that a REST query cannot go on from its cursor, but can be run
// again from the last Id of the last finished page.
func Restartable(err error) bool {
	var count *CountError
	return errors.Is(err, ErrLocatorLost) || errors.Is(err, ErrTruncated) ||
		errors.Is(err, ErrProtocol) || errors.As(err, &count)
}

// sinkError marks an error of the caller's Sink: it is given back unchanged and a
// page is not tried again because of it.
type sinkError struct{ err error }

func (e *sinkError) Error() string { return e.err.Error() }
func (e *sinkError) Unwrap() error { return e.err }

// refusedError marks an error of Config.Before: nothing was sent.
type refusedError struct {
	kind Kind
	err  error
}

func (e *refusedError) Error() string { return fmt.Sprintf("salesforce: %s: %v", e.kind, e.err) }
func (e *refusedError) Unwrap() error { return e.err }
