package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// class says what to do about a failed try.
type class int

const (
	classFail       class = iota // for good
	classRetry                   // the same call may succeed
	classConcurrent              // as soon as other calls have ended
)

// Bounds of patience.
const (
	mostTries     = 6
	firstBackOff  = time.Second
	longestWait   = time.Minute
	longestAfter  = 15 * time.Minute // a Retry-After beyond it is a refusal
	concurrentFor = 5 * time.Minute
)

// retried are the statuses that a repeated call may cure: 406 and 420 come now and
// then without a body, all of 5xx are the server's fault.
var retried = map[int]bool{
	http.StatusNotAcceptable: true, http.StatusRequestTimeout: true, 420: true,
	http.StatusTooEarly: true, http.StatusTooManyRequests: true,
}

// classify looks at types, statuses and codes.
func classify(err error) class {
	var api *APIError
	var wire *TransportError
	switch {
	case errors.As(err, &api):
		switch {
		case errors.Is(api, ErrConcurrentLimit):
			return classConcurrent
		case errors.Is(api, ErrDailyLimit), errors.Is(api, ErrQueryTimeout), errors.Is(api, ErrLocatorLost):
			return classFail
		case retried[api.Status] || api.Status >= 500:
			return classRetry
		}
		return classFail
	case errors.As(err, &wire):
		return classRetry
	}
	return classFail // the sink, the budget, the login
}

// patience counts the tries of one call.
type patience struct {
	random  func() float64
	tries   int
	backOff int           // retries so far, of classRetry
	waited  time.Duration // for concurrent calls to end
	renewed bool
	login   error // why no new token could be had
}

// next says how long to wait before the next try, or that there is none.
func (p *patience) next(k class, err error) (time.Duration, bool) {
	switch k {
	case classRetry:
		p.backOff++
		if p.backOff >= mostTries {
			return 0, false
		}
		var api *APIError
		if errors.As(err, &api) && api.RetryAfter > 0 {
			return api.RetryAfter, api.RetryAfter <= longestAfter
		}
		return p.jitter(p.backOff), true
	case classConcurrent:
		// Half of each wait is certain: calls of 20 s do not end at once, and a row of
		// short draws would use up the tries.
		wait := p.jitter(p.tries)/2 + min(longestWait, firstBackOff<<min(p.tries-1, 10))/2
		var api *APIError
		if errors.As(err, &api) {
			wait = max(wait, api.RetryAfter)
		}
		p.waited += wait
		return wait, p.waited <= concurrentFor
	}
	return 0, false
}

// jitter draws from 0 to 1 s, 2 s, 4 s … 60 s: callers that failed together do not
// come back together.
func (p *patience) jitter(n int) time.Duration {
	most := min(longestWait, firstBackOff<<min(n-1, 10))
	return time.Duration(p.random() * float64(most))
}

// final is the error of the call as a whole.
func (p *patience) final(err error) error {
	if p.login != nil {
		return p.login
	}
	var sink *sinkError
	if errors.As(err, &sink) {
		return sink.err
	}
	var api *APIError
	var wire *TransportError
	switch {
	case errors.As(err, &api):
		api.Tries = p.tries
	case errors.As(err, &wire):
		wire.Tries = p.tries
	}
	return err
}

// refusal reads an answer that is an error: an array of REST's, or anything else.
func (c *Client) refusal(r request, s session, req *http.Request, resp *http.Response, body io.Reader) error {
	const most = 64 << 10
	text, _ := io.ReadAll(io.LimitReader(body, most)) // an error page may be cut off; the status is what counts
	e := &APIError{
		Kind: r.kind, Status: resp.StatusCode, URL: shown(req.URL),
		RetryAfter: retryAfter(resp.Header, c.cfg.Now()), session: s.generation,
	}
	var list []struct {
		Message   string   `json:"message"`
		ErrorCode string   `json:"errorCode"`
		Fields    []string `json:"fields"`
	}
	if json.Unmarshal(text, &list) == nil && len(list) > 0 {
		e.Code, e.Message, e.Fields = list[0].ErrorCode, c.secrets.clean(list[0].Message), list[0].Fields
		for _, more := range list[1:] {
			e.Message += "; " + c.secrets.clean(more.Message)
		}
	} else if len(text) > 0 {
		e.Message = fmt.Sprintf("the answer is no error of the API (%s)", mediaType(resp.Header))
	}
	e.what = c.means(e)
	return e
}

// means finds the conditions a refusal stands for.
func (c *Client) means(e *APIError) []error {
	if e.Status == http.StatusForbidden && e.Code == "REQUEST_LIMIT_EXCEEDED" {
		return []error{c.limitMeant(e.Message)}
	}
	what := append([]error(nil), codeMeans[strings.ToUpper(e.Code)]...)
	if len(what) == 0 {
		what = append(what, statusMeans[e.Status]...)
	}
	if special := kindMeans[e.Kind][e.Status]; special != nil {
		what = append(what, special)
	}
	return what
}

// limitMeant tells the limit per day from that of long calls at once. They have one
// code; the meter knows the first, and only the message tells the second. In doubt it
// is the day's: to stop and keep state harms less than to knock for five minutes.
func (c *Client) limitMeant(message string) error {
	org := c.meter.usage().Org
	switch {
	case strings.Contains(strings.ToLower(message), "concurrent"):
		return ErrConcurrentLimit
	case org.Known && org.Used < org.Max && !strings.Contains(strings.ToLower(message), "totalrequests"):
		return ErrConcurrentLimit
	}
	return ErrDailyLimit
}

func mediaType(h http.Header) string {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if kind == "" {
		return "no content type"
	}
	return strings.TrimSpace(kind)
}
