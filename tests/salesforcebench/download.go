package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// wire is a bare way to an org: no retries, no checks.
type wire struct {
	base, token string
	http        *http.Client
}

// download takes all pages of all objects and throws them away: by the curl program if
// there is one, with gzip as the extractor has it, and as many objects at once.
func download(ctx context.Context, org figures, has shape) (out figures, err error) {
	w := &wire{base: org.URL, http: &http.Client{Transport: &http.Transport{DisableCompression: true}}}
	var token struct {
		Token string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {org.ID}, "client_secret": {org.Secret}}
	if err := w.ask(ctx, http.MethodPost, "/services/oauth2/token", "application/x-www-form-urlencoded", form.Encode(), &token); err != nil {
		return out, err
	}
	w.token = token.Token
	page := w.page
	out.By = "bare download"
	if curl, err := exec.LookPath("curl"); err == nil {
		out.By = "curl"
		page = func(ctx context.Context, path string) (string, int64, error) { return w.curl(ctx, curl, path) }
	}
	began := time.Now()
	var bytes atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, object := range has.names() {
		g.Go(func() error { return w.object(ctx, object, page, &bytes) })
	}
	err = g.Wait()
	out.Seconds, out.Bytes = time.Since(began).Seconds(), bytes.Load()
	return out, err
}

// object takes all pages of one object.
func (w *wire) object(ctx context.Context, object string, page func(ctx context.Context, path string) (string, int64, error), bytes *atomic.Int64) error {
	job, err := w.job(ctx, object)
	for locator := ""; err == nil && locator != "null"; {
		path := fmt.Sprintf("/services/data/v64.0/jobs/query/%s/results?maxRecords=%d", job, pageRows)
		if locator != "" {
			path += "&locator=" + url.QueryEscape(locator)
		}
		var n int64
		locator, n, err = page(ctx, path)
		bytes.Add(n)
		if err == nil && locator == "" {
			err = errors.New("a page has no Sforce-Locator")
		}
	}
	return err
}

// job makes a job and waits until it is complete.
func (w *wire) job(ctx context.Context, object string) (id string, err error) {
	fields, err := w.fields(ctx, object)
	if err != nil {
		return "", err
	}
	order, err := json.Marshal(map[string]string{"operation": "queryAll", "query": "SELECT " + strings.Join(fields, ",") + " FROM " + object})
	if err != nil {
		return "", err
	}
	var job struct{ ID, State string }
	err = w.ask(ctx, http.MethodPost, "/services/data/v64.0/jobs/query", "application/json", string(order), &job)
	for err == nil && job.State != "JobComplete" {
		time.Sleep(100 * time.Millisecond)
		err = w.ask(ctx, http.MethodGet, "/services/data/v64.0/jobs/query/"+job.ID, "", "", &job)
	}
	return job.ID, err
}

// fields lists the fields that an extraction reads, too.
func (w *wire) fields(ctx context.Context, object string) (names []string, err error) {
	var d struct {
		Fields []struct{ Name, Type string }
	}
	if err := w.ask(ctx, http.MethodGet, "/services/data/v64.0/sobjects/"+object+"/describe", "", "", &d); err != nil {
		return nil, err
	}
	for _, f := range d.Fields {
		if f.Type != "address" && f.Type != "location" && f.Type != "base64" && f.Type != "json" {
			names = append(names, f.Name)
		}
	}
	return names, nil
}

// page downloads a page as it is on the wire.
func (w *wire) page(ctx context.Context, path string) (locator string, n int64, err error) {
	reply, err := w.call(ctx, http.MethodGet, path, "", "")
	if err != nil {
		return "", 0, err
	}
	defer reply.Body.Close() // read only
	n, err = io.Copy(io.Discard, reply.Body)
	return reply.Header.Get("Sforce-Locator"), n, err
}

// curl does so by the program of that name. The token goes by its input: others can see
// command lines.
func (w *wire) curl(ctx context.Context, program, path string) (locator string, n int64, err error) {
	c := exec.CommandContext(ctx, program, "--silent", "--show-error", "--fail", "--header", "@-", "--dump-header", "-", "--output", "/dev/null", "--write-out", "Size: %{size_download}\n", w.base+path)
	c.Stdin = strings.NewReader("Accept-Encoding: gzip\nAuthorization: Bearer " + w.token + "\n")
	out, err := c.Output()
	if err != nil {
		return "", 0, fmt.Errorf("curl: %w", err)
	}
	for line := range bytes.Lines(out) {
		name, value, _ := strings.Cut(string(line), ":")
		switch value = strings.TrimSpace(value); strings.ToLower(name) {
		case "sforce-locator":
			locator = value
		case "size":
			n, err = strconv.ParseInt(value, 10, 64)
		}
	}
	return locator, n, err
}

// call makes a request.
func (w *wire) call(ctx context.Context, method, path, contentType, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, w.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Content-Type", contentType)
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	reply, err := w.http.Do(r)
	if err == nil && reply.StatusCode >= http.StatusBadRequest {
		_ = reply.Body.Close() // not read
		return nil, fmt.Errorf("%s %s: %s", method, path, reply.Status)
	}
	return reply, err
}

// ask makes a request whose answer is JSON.
func (w *wire) ask(ctx context.Context, method, path, contentType, body string, into any) error {
	reply, err := w.call(ctx, method, path, contentType, body)
	if err != nil {
		return err
	}
	defer reply.Body.Close() // read only
	text := io.Reader(reply.Body)
	if reply.Header.Get("Content-Encoding") == "gzip" {
		if text, err = gzip.NewReader(reply.Body); err != nil {
			return err
		}
	}
	return json.NewDecoder(text).Decode(into)
}
