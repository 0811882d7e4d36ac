package salesforcesim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// wireError is an error as the REST API tells it.
type wireError struct {
	status  int
	code    string
	message string
	fields  []string
}

func (e *wireError) Error() string { return e.code + ": " + e.message }

// reply is an answer that is not sent yet. body writes it; nil sends none.
type reply struct {
	status int
	header http.Header
	body   func(io.Writer) error
}

func (r *reply) set(name, value string) *reply {
	r.header.Set(name, value)
	return r
}

const jsonType = "application/json;charset=UTF-8"

func newReply(status int, contentType string, body func(io.Writer) error) *reply {
	r := &reply{status: status, header: http.Header{}, body: body}
	if contentType != "" {
		r.set("Content-Type", contentType)
	}
	return r
}

func bytesReply(status int, contentType string, b []byte) *reply {
	return newReply(status, contentType, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// jsonReply writes a value as the API does: no escaping of HTML.
func jsonReply(status int, v any) *reply {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return bytesReply(500, "text/plain", []byte(err.Error()))
	}
	return bytesReply(status, jsonType, bytes.TrimRight(b.Bytes(), "\n"))
}

// errorReply writes an error as an array of one.
func errorReply(err error) *reply {
	var e *wireError
	if !errors.As(err, &e) {
		e = &wireError{400, "MALFORMED_QUERY", err.Error(), nil}
	}
	entry := map[string]any{"message": e.message, "errorCode": e.code}
	if e.fields != nil {
		entry["fields"] = e.fields
	}
	return jsonReply(e.status, []any{entry})
}

func fail(status int, code, format string, args ...any) *reply {
	return errorReply(&wireError{status, code, fmt.Sprintf(format, args...), nil})
}

func notFound() *reply { return fail(404, "NOT_FOUND", "The requested resource does not exist") }

func htmlReply(status int, title string) *reply {
	return bytesReply(status, "text/html; charset=UTF-8", []byte("<html><head><title>"+title+"</title></head>\n<body><h1>"+title+"</h1>\n<p>Salesforce is temporarily unable to answer. Please try again.</p></body></html>\n"))
}

// spoiling is what a fault does to the bytes of an answer.
type spoiling byte

const (
	sound      spoiling = iota
	cutBody             // half of the body, then the end of the connection
	cutGzip             // a gzip stream that ends half way, in a sound HTTP body
	resetFirst          // no answer: the connection is reset
)

// send writes an answer. It returns the bytes of the body, before compression.
func (r *reply) send(w http.ResponseWriter, req *http.Request, how spoiling) int64 {
	if how == resetFirst {
		reset(w)
		return 0
	}
	for name, values := range r.header {
		w.Header()[name] = values
	}
	if r.body == nil {
		w.WriteHeader(r.status)
		return 0
	}
	packed := strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") && r.status < 300 || how == cutGzip
	if packed {
		w.Header().Set("Content-Encoding", "gzip")
	}
	if how != sound {
		r.sendPart(w, packed, how)
		return 0
	}
	w.WriteHeader(r.status)
	count := &counter{w: w}
	if !packed {
		_ = r.body(count)
		return count.n
	}
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	count.w = z
	_ = r.body(count)
	_ = z.Close()
	return count.n
}

// sendPart sends the first half of a body.
func (r *reply) sendPart(w http.ResponseWriter, packed bool, how spoiling) {
	var b bytes.Buffer
	if packed {
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		_ = r.body(z)
		_ = z.Close()
	} else {
		_ = r.body(&b)
	}
	half := b.Bytes()[:b.Len()/2]
	if how == cutBody {
		w.Header().Set("Content-Length", fmt.Sprint(b.Len()))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(half)
	if how == cutBody {
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

// reset closes the connection the hard way.
func reset(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			if t, ok := c.(*net.TCPConn); ok {
				_ = t.SetLinger(0)
			}
			_ = c.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
