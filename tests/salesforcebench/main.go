// Command salesforcebench measures the extraction of wide objects by Bulk from a simulated
// org: memory, throughput beside a bare download of the same bytes, and calls beside the
// fewest there can be.
//
// The org, the download and the extraction each are a process of their own, so that the
// peak of one is not that of another.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/report"
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
	Text    int64   `json:"text,omitempty"`  // of the values
	Calls   int64   `json:"calls,omitempty"`
	PeakMiB float64 `json:"peak_mib,omitempty"`
	CPU     float64 `json:"cpu_seconds,omitempty"` // of the process and those it started
	By      string  `json:"by,omitempty"`          // what downloaded
}

const (
	pageRows = 25_000
	atOnce   = 4 // objects that are read side by side
)

// shape is what the org holds.
type shape struct {
	objects, rows, fields int
	long                  int // bytes of one further text of every record; 0 = there is none
}

// names are the names of its objects.
func (s shape) names() []string {
	out := make([]string, s.objects)
	for i := range out {
		out[i] = fmt.Sprintf("Wide_%d__c", i+1)
	}
	return out
}

// object is one of them.
func (s shape) object(i int) salesforcesim.Virtual {
	v := salesforcesim.WideObject(s.names()[i], s.rows, s.fields)
	v.KeyPrefix = fmt.Sprintf("aW%d", i)
	if s.long == 0 {
		return v
	}
	text, others := strings.Repeat("a long text, ", s.long/13+1)[:s.long], v.Append
	v.Fields[len(v.Fields)-1] = salesforcesim.Field{Name: "Long__c", Type: "textarea", Length: s.long}
	v.Period = 0 // as many of them as come again would fill the org's memory
	v.Append = func(dst []byte, f *salesforcesim.Field, i int) []byte {
		if f.Name == "Long__c" {
			return append(dst, text...)
		}
		return others(dst, f, i)
	}
	return v
}

func main() {
	part := flag.String("part", "", "org, download or extract: what this process does; empty = all, in processes of their own")
	var has shape
	flag.IntVar(&has.objects, "objects", 1, "objects, which are read four at a time")
	flag.IntVar(&has.rows, "rows", 5_000_000, "records of an object")
	flag.IntVar(&has.fields, "fields", 100, "fields of a record")
	flag.IntVar(&has.long, "long", 0, "bytes of one long text in every record; 0 = none")
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
		err = serve(has)
	case *part == "download":
		out, err = download(ctx, org, has)
		out.CPU = processor()
	case *part == "extract":
		out, err = extract(ctx, org, has, *dir)
		out.CPU = processor()
	default:
		err = all(has, *dir)
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
func serve(has shape) error {
	w := salesforcesim.New(salesforcesim.Options{Now: time.Now(), Seed: 1})
	org := w.Org(salesforcesim.OrgOptions{Name: "bench"})
	org.DefineStandard()
	org.Load("Organization", []salesforcesim.Record{{"Id": org.Options().ID, "Name": "Bench"}})
	for i := range has.objects {
		org.Virtual(has.object(i))
	}
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
func all(has shape, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"-objects", strconv.Itoa(has.objects), "-rows", strconv.Itoa(has.rows), "-fields", strconv.Itoa(has.fields), "-long", strconv.Itoa(has.long)}
	server := exec.Command(self, append(args, "-part", "org")...)
	server.Stderr = os.Stderr
	said, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer func() { _ = server.Process.Kill() }() // it has nothing to lose
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
	return tell(has, bare, got)
}

// tell prints what was measured, and holds it against what must be.
func tell(has shape, bare, got figures) error {
	want := int64(has.objects) * int64(has.rows)
	fewest := int64(has.objects * (2 + (has.rows+pageRows-1)/pageRows)) // create, ask once, pages
	fmt.Printf("%d rows of %d fields in %s by Bulk, %.0f MB on the wire, %.0f MB of text\n", got.Rows, has.fields, report.Plural(has.objects, "object"), float64(got.Bytes)/1e6, float64(got.Text)/1e6)
	fmt.Printf("%-15s %8.1f s  %6.1f MB/s, %.1f processor seconds, %.0f MB\n", bare.By, bare.Seconds, float64(bare.Bytes)/1e6/bare.Seconds, bare.CPU, float64(bare.Bytes)/1e6)
	fmt.Printf("extraction      %8.1f s  %6.1f MB/s, %.1f processor seconds, %.2f of the speed of %s\n", got.Seconds, float64(got.Bytes)/1e6/got.Seconds, got.CPU, bare.Seconds/got.Seconds, bare.By)
	fmt.Printf("peak memory     %8.0f MiB of 256\n", got.PeakMiB)
	fmt.Printf("calls           %8d, the fewest there can be are %d\n", got.Calls, fewest)
	if got.PeakMiB > 256 || got.Rows != want {
		return fmt.Errorf("%d rows in %.0f MiB: want %d in at most 256", got.Rows, got.PeakMiB, want)
	}
	return nil
}

// extract reads the objects as a run does, up to the point where bronze takes over.
func extract(ctx context.Context, org figures, has shape, dir string) (out figures, err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "salesforcebench"); err != nil {
			return out, err
		}
		defer os.RemoveAll(dir) // scratch
	}
	path := filepath.Join(dir, "pipeline.json")
	objects := make([]map[string]string, has.objects)
	for i, name := range has.names() {
		objects[i] = map[string]string{"name": name}
	}
	list, err := json.Marshal(objects)
	if err != nil {
		return out, err
	}
	text := fmt.Sprintf(`{"sources": [{"name": "sf", "type": "salesforce", "region": "Group", "mapping": "salesforce", "objects": %s,
		"salesforce": {"login_url": %q, "reference_objects": false, "transport": "bulk", "concurrency": %d, "budget": {"run_percent": 100}, "auth": {"client_id": %q, "client_secret": "${SECRET}"}}}]}`, list, org.URL, atOnce, org.ID)
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
	requests := make([]salesforce.Request, has.objects)
	for i, object := range source.Objects {
		requests[i] = salesforce.Request{Object: object, Dir: filepath.Join(dir, "resume", object.Name)}
	}
	ends := make([]salesforce.Outcome, has.objects)
	began := time.Now()
	err = o.ExtractAll(ctx, requests, func(i int, done salesforce.Outcome) { ends[i] = done })
	out.Seconds = time.Since(began).Seconds()
	for _, done := range ends {
		if err = errors.Join(err, done.Err); err != nil {
			return out, err
		}
		for _, b := range done.Extract.Rows {
			out.Rows += b.Records
			out.Text += b.Clean.ValueBytes
		}
		out.Calls, out.Bytes = out.Calls+done.Calls, out.Bytes+done.BytesIn
	}
	if err == nil {
		out.PeakMiB, err = peak()
	}
	return out, err
}

// processor is how many processor seconds this process used, with those that ended below
// it.
func processor() (seconds float64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			seconds += time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
		}
	}
	return seconds
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
