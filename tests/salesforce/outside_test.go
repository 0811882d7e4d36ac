package salesforce_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// program is the built binary, for the tests that run it as a process.
var program = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "pipeline-salesforce-*")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "pipeline")
	out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, "../../cmd/pipeline").CombinedOutput()
	if err != nil {
		err = errors.Join(err, errors.New(string(out)), os.RemoveAll(dir))
	}
	built = dir
	return path, err
})

// built is the directory of the binary, if a test asked for it.
var built string

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // little is held, and much is made and thrown away
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built) // scratch
	}
	os.Exit(code)
}

// outside is a bench whose runs are processes of their own. Between them and the org
// stands a gate.
type outside struct {
	*bench
	gate *gate
	said strings.Builder // all that the processes ever printed
}

func newOutside(t testing.TB, o salesforcesim.OrgOptions, objects ...string) *outside {
	t.Helper()
	p := &outside{bench: newBench(t, o, objects...)}
	p.gate = &gate{org: p.org, tokens: map[string]bool{}}
	server := httptest.NewServer(p.gate)
	t.Cleanup(server.Close)
	p.config["login_url"] = server.URL
	return p
}

// command is a command line of the binary, with the secrets in its environment.
func (p *outside) command(args ...string) *exec.Cmd {
	p.t.Helper()
	path, err := program()
	if err != nil {
		p.t.Fatal(err)
	}
	p.runner() // writes the configuration
	c := exec.Command(path, append(args, "--lake", filepath.Join(p.dir, "lake"), "--config", filepath.Join(p.dir, "pipeline.json"))...)
	c.Env = append(os.Environ(), "NO_COLOR=1")
	for name, value := range p.env {
		c.Env = append(c.Env, name+"="+value)
	}
	return c
}

// call runs a command line to its end.
func (p *outside) call(args ...string) (out string, code int) {
	p.t.Helper()
	c := p.command(args...)
	var both bytes.Buffer
	c.Stdout, c.Stderr = &both, &both
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	p.said.Write(both.Bytes())
	return both.String(), c.ProcessState.ExitCode()
}

// gate stands before an org as a proxy would: it sees every request, and may answer one
// itself.
type gate struct {
	org http.Handler

	mu      sync.Mutex
	calls   int
	tokens  map[string]bool // that came with requests
	pages   []string        // of Bulk jobs, as they were asked for: job and locator
	instead func(n int, w http.ResponseWriter, r *http.Request) bool
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.calls++
	n, instead := g.calls, g.instead
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		g.tokens[token] = true
	}
	if parts := strings.Split(r.URL.Path, "/"); parts[len(parts)-1] == "results" {
		g.pages = append(g.pages, pageKey(parts[len(parts)-2], r.URL.Query().Get("locator")))
	}
	g.mu.Unlock()
	if instead != nil && instead(n, w, r) {
		return
	}
	g.org.ServeHTTP(w, r)
}

// from makes the gate count anew, and do something at every request.
func (g *gate) from(instead func(n int, w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls, g.pages, g.instead = 0, nil, instead
}

func (g *gate) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.pages...)
}

func pageKey(job, locator string) string { return job + " from " + locator }
