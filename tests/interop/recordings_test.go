// Package interop holds checks with what others made. Most are scripts beside it, run
// by run.sh; this one needs the project's own client.
package interop

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// recorded is what is compared of a describe.
type recorded struct {
	Name, KeyPrefix string
	Fields          []struct {
		Name, Type, SoapType string
		Precision, Scale     int
		Calculated           bool
		ReferenceTo          []string
	}
}

// Describes recorded from real orgs (RECORDINGS is the directory recordings.py keeps
// them in) pass through the client without a loss.
func TestRecordedDescribes(t *testing.T) {
	dir := os.Getenv("RECORDINGS")
	if dir == "" {
		t.Skip("RECORDINGS names no directory; tests/interop/run.sh does")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d recordings in %s, %v", len(files), dir, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want recorded
		if err := json.Unmarshal(b, &want); err != nil || want.Name == "" {
			continue // the global describe
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { compareDescribe(t, b, want) })
	}
}

func compareDescribe(t *testing.T, body []byte, want recorded) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = w.Write(body)
	}))
	defer srv.Close()
	c, err := client.New(client.Config{LoginURL: srv.URL, InstanceURL: srv.URL, Grant: client.AccessToken{Token: client.NewSecret("00D!x")}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Describe(context.Background(), want.Name)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != want.Name || got.KeyPrefix != want.KeyPrefix || len(got.Fields) != len(want.Fields) {
		t.Fatalf("%s %s with %d fields, recorded %s %s with %d", got.Name, got.KeyPrefix, len(got.Fields), want.Name, want.KeyPrefix, len(want.Fields))
	}
	for i, w := range want.Fields {
		g := got.Fields[i]
		if g.Name != w.Name || g.Type != w.Type || g.SoapType != w.SoapType || g.Precision != w.Precision || g.Scale != w.Scale || g.Calculated != w.Calculated || len(g.ReferenceTo) != len(w.ReferenceTo) {
			t.Errorf("field %+v, recorded %+v", g, w)
		}
	}
}
