// Command salesforcebench measures the extraction of one wide object by Bulk from a
// simulated org: memory, throughput beside a bare download of the same bytes, and calls
// beside the fewest there can be.
//
// The org, the download and the extraction each are a process of their own, so that the
// peak of one is not that of another.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source/salesforce"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

// figures are what a part of the benchmark has to say.
type figures struct {
	URL     string  `json:"url,omitempty"`
	ID      string  `json:"client_id,omitempty"`
	Secret  string  `json:"client_secret,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	Rows    int64   `json:"rows,omitempty"`
	Bytes   int64   `json:"bytes,omitempty"` // on the wire
	Calls   int64   `json:"calls,omitempty"`
	PeakMiB float64 `json:"peak_mib,omitempty"`
	By      string  `json:"by,omitempty"` // what downloaded
}

const (
	object   = "Wide__c"
	pageRows = 25_000
)

func main() {
	part := flag.String("part", "", "org, download or extract: what this process does; empty = all, in processes of their own")
	rows := flag.Int("rows", 5_000_000, "records")
	fields := flag.Int("fields", 100, "fields of a record")
	at := flag.String("org", "", "what the org said, as JSON")
	dir := flag.String("dir", "", "directory for the pages; empty = a temporary one")
	flag.Parse()
	var org figures
	var err error
	if *at != "" {
		err = json.Unmarshal([]byte(*at), &org)
	}
	ctx := context.Background()
	var out figures
	switch {
	case err != nil:
	case *part == "org":
		err = serve(*rows, *fields)
	case *part == "download":
		out, err = download(ctx, org)
	case *part == "extract":
		out, err = extract(ctx, org, *dir)
	default:
		err = all(*rows, *fields, *dir)
	}
	if err == nil && *part != "" {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "salesforcebench:", err)
		os.Exit(1)
	}
}

// serve is the org.
func serve(rows, fields int) error {
	w := salesforcesim.New(salesforcesim.Options{Now: time.Now(), Seed: 1})
	org := w.Org(salesforcesim.OrgOptions{Name: "bench"})
	org.DefineStandard()
	org.Load("Organization", []salesforcesim.Record{{"Id": org.Options().ID, "Name": "Bench"}})
	org.Virtual(salesforcesim.WideObject(object, rows, fields))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	said := figures{URL: "http://" + listener.Addr().String(), ID: org.Options().ClientID, Secret: org.Options().ClientSecret}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		return err
	}
	return http.Serve(listener, org)
}

// all runs the parts and prints what they say.
func all(rows, fields int, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"-rows", strconv.Itoa(rows), "-fields", strconv.Itoa(fields)}
	server := exec.Command(self, append(args, "-part", "org")...)
	server.Stderr = os.Stderr
	said, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Process.Kill() // it has nothing to lose
	line, err := bufio.NewReader(said).ReadBytes('\n')
	if err != nil {
		return err
	}
	part := func(name string) (f figures, err error) {
		c := exec.Command(self, append(args, "-part", name, "-org", string(bytes.TrimSpace(line)), "-dir", dir)...)
		c.Stderr = os.Stderr
		raw, err := c.Output()
		if err == nil {
			err = json.Unmarshal(raw, &f)
		}
		return f, err
	}
	bare, err := part("download")
	if err != nil {
		return err
	}
	got, err := part("extract")
	if err != nil {
		return err
	}
	fewest := int64(2 + (rows+pageRows-1)/pageRows) // create, ask once, pages
	fmt.Printf("%d rows of %d fields by Bulk, %.0f MB on the wire\n", got.Rows, fields, float64(got.Bytes)/1e6)
	fmt.Printf("%-15s %8.1f s  %6.1f MB/s, %.0f MB\n", bare.By, bare.Seconds, float64(bare.Bytes)/1e6/bare.Seconds, float64(bare.Bytes)/1e6)
	fmt.Printf("extraction      %8.1f s  %6.1f MB/s, %.2f of the speed of %s\n", got.Seconds, float64(got.Bytes)/1e6/got.Seconds, bare.Seconds/got.Seconds, bare.By)
	fmt.Printf("peak memory     %8.0f MiB of 256\n", got.PeakMiB)
	fmt.Printf("calls           %8d, the fewest there can be are %d\n", got.Calls, fewest)
	if got.PeakMiB > 256 || got.Rows != int64(rows) {
		return fmt.Errorf("%d rows in %.0f MiB: want %d in at most 256", got.Rows, got.PeakMiB, rows)
	}
	return nil
}

// extract reads the object as a run does, up to the point where bronze takes over.
func extract(ctx context.Context, org figures, dir string) (out figures, err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "salesforcebench"); err != nil {
			return out, err
		}
		defer os.RemoveAll(dir) // scratch
	}
	path := filepath.Join(dir, "pipeline.json")
	text := fmt.Sprintf(`{"sources": [{"name": "sf", "type": "salesforce", "region": "Group", "mapping": "salesforce", "objects": [{"name": %q}],
		"salesforce": {"login_url": %q, "reference_objects": false, "transport": "bulk", "budget": {"run_percent": 100}, "auth": {"client_id": %q, "client_secret": "${SECRET}"}}}]}`, object, org.URL, org.ID)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return out, err
	}
	loaded, err := config.Load(path, func(string) (string, bool) { return org.Secret, true })
	if err != nil {
		return out, err
	}
	source := loaded.Sources[0]
	o, err := salesforce.Open(loaded, source, salesforce.Options{Now: time.Now})
	if err != nil {
		return out, err
	}
	if err := o.Connect(ctx); err != nil {
		return out, err
	}
	began := time.Now()
	err = o.ExtractAll(ctx, []salesforce.Request{{Object: source.Objects[0], Dir: filepath.Join(dir, "resume")}}, func(_ int, done salesforce.Outcome) {
		if err = done.Err; err == nil {
			for _, b := range done.Extract.Rows {
				out.Rows += b.Records
			}
			out.Calls, out.Bytes = done.Calls, done.BytesIn
		}
	})
	out.Seconds = time.Since(began).Seconds()
	if err == nil {
		out.PeakMiB, err = peak()
	}
	return out, err
}

// peak is the most memory this process ever held.
func peak() (float64, error) {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no peak in /proc/self/status")
}
