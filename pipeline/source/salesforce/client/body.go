package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

var errStalled = errors.New("no byte came for too long")

// body is the body of one answer: counted on the wire, decompressed as it comes, and
// given up when nothing comes any more.
type body struct {
	source io.ReadCloser
	zipped *gzip.Reader // nil until the first read, or if the body is plain
	gzip   bool
	wire   int64
	stall  time.Duration
	timer  *time.Timer
	err    error
}

func newBody(resp *http.Response, stall time.Duration, cancel context.CancelCauseFunc) *body {
	b := &body{
		source: resp.Body, stall: stall,
		// gzip is what we asked for, but a plain answer is allowed.
		gzip: strings.EqualFold(strings.TrimSpace(resp.Header.Get("Content-Encoding")), "gzip"),
	}
	if resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified {
		b.gzip = false // there is no body, whatever the header says
	}
	b.timer = time.AfterFunc(stall, func() { cancel(errStalled) })
	b.timer.Stop()
	return b
}

// Read gives decompressed bytes. Any end but the proper one is ErrTruncated.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	b.err = err
	return n, err
}

func (b *body) read(p []byte) (int, error) {
	wire := wireReader{b}
	if !b.gzip {
		return wire.Read(p)
	}
	if b.zipped == nil {
		zipped, err := gzip.NewReader(wire)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // not even a header of gzip
			}
			return 0, err
		}
		b.zipped = zipped
	}
	return b.zipped.Read(p)
}

// wireReader reads what is on the wire, with the clock running only while it waits:
// a slow disk is not a stalled server.
type wireReader struct{ b *body }

func (w wireReader) Read(p []byte) (int, error) {
	w.b.timer.Reset(w.b.stall)
	n, err := w.b.source.Read(p)
	w.b.timer.Stop()
	w.b.wire += int64(n)
	return n, err
}

func (b *body) close() {
	b.timer.Stop()
	_ = b.source.Close() // what was read is what counts
}
