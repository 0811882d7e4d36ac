package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// servedOrg is what `demo --serve --json` says of an org.
type servedOrg struct {
	Name         string `json:"name"`
	URL          string `json:"url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// secretName is the environment variable that holds an org's secret.
func secretName(org string) string { return strings.ToUpper(org) + "_SECRET" }

// pipeline runs the binary with the secrets of the orgs in its environment.
func (w *walk) pipeline(ctx context.Context, args ...string) error {
	c := w.command(ctx, args...)
	c.Stdout = w.out
	if err := c.Run(); err != nil {
		return fmt.Errorf("pipeline %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

func (w *walk) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, w.binary, args...)
	c.Stderr, c.Env = w.out, os.Environ()
	for _, o := range w.orgs {
		c.Env = append(c.Env, secretName(o.Name)+"="+o.ClientSecret)
	}
	return c
}

// serve starts the simulator and waits until it says where the orgs are.
func (w *walk) serve(ctx context.Context, demo string) (stop func() error, err error) {
	c := exec.CommandContext(ctx, w.binary, "demo", "--serve", "--out", demo, "--addr", "127.0.0.1:0", "--json")
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	stop = func() error {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		_ = c.Wait() // it was told to end; how it says so does not matter
		return nil
	}
	var said struct {
		Now  time.Time   `json:"now"`
		Orgs []servedOrg `json:"orgs"`
	}
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	w.orgs, w.base = said.Orgs, said.Now.Truncate(24*time.Hour).AddDate(0, 0, -1)
	return stop, nil
}

// moveClock moves the clock of all orgs.
func (w *walk) moveClock(ctx context.Context, to time.Time) error {
	body, err := json.Marshal(map[string]string{"to": to.Format(time.RFC3339Nano)})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.orgs[0].URL+"/simulator/clock", bytes.NewReader(body))
	if err != nil {
		return err
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer reply.Body.Close() // read only
	if reply.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("simulator's clock: %s", reply.Status)
	}
	return nil
}

// configure writes the two configurations: the demo's own, and one in which the orgs
// stand in for their exports.
func (w *walk) configure(demo string) error {
	if err := w.parameters(demo); err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(demo, "pipeline.json"))
	if err != nil {
		return err
	}
	for name, change := range map[string]func(source map[string]any){"exports.json": func(map[string]any) {}, "orgs.json": w.throughAPI} {
		var doc map[string]any
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		delete(doc, "$schema")
		delete(doc, "as_of")
		doc["lake"] = "lake-" + strings.TrimSuffix(name, ".json")
		doc["gold_metrics"] = parametersFile
		for _, s := range doc["sources"].([]any) {
			change(s.(map[string]any))
		}
		out, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(w.dir, name), out, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// parametersFile holds the demo's parameters, and which earlier dates are filled.
const parametersFile = "gold_metrics.json"

// parameters copies the demo's parameters.
func (w *walk) parameters(demo string) error {
	doc := map[string]any{}
	raw, err := os.ReadFile(filepath.Join(demo, parametersFile))
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	delete(doc, "$schema")
	if !w.past {
		doc["history"] = map[string]any{"month_ends": 0, "days_before": []int{0}}
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, parametersFile), out, 0o644)
}

// throughAPI makes the source of an org's exports the org itself. Opening hours, which
// the exports write a row per weekday, are a custom object of the demo's orgs.
func (w *walk) throughAPI(source map[string]any) {
	for _, o := range w.orgs {
		if source["name"] != o.Name {
			continue
		}
		var objects []any
		for _, object := range source["objects"].([]any) {
			name := object.(map[string]any)["name"]
			if name == "BusinessHours" {
				name = "Opening_Hours__c"
			}
			objects = append(objects, map[string]any{"name": name, "optional": true})
		}
		// The exports hold no currencies of the orgs, so these are not read either; of the
		// other reference objects some are among the exports.
		for _, name := range []string{"RecordType", "PricebookEntry", "Organization"} {
			objects = append(objects, map[string]any{"name": name, "optional": true})
		}
		source["type"], source["objects"] = "salesforce", objects
		// What the demo stamps midnight sharp is only there at the end of that day: later than
		// an org would show it, so the overlap reaches back over midnight.
		source["salesforce"] = map[string]any{"login_url": o.URL, "reference_objects": false, "overlap": "2h", "auth": map[string]any{"client_id": o.ClientID, "client_secret": "${" + secretName(o.Name) + "}"}}
		delete(source, "path")
		delete(source, "csv")
	}
}

// dated finds the day an export was written for.
var dated = regexp.MustCompile(`_(\d{4}-\d{2}-\d{2})`)

// exports links the demo's files up to a day to where both configurations look.
func (w *walk) exports(demo string, day time.Time) error {
	from := filepath.Join(demo, "exports")
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(w.dir, "exports", rel)
		if e.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		found := dated.FindStringSubmatch(e.Name())
		if found != nil && found[1] > day.Format(time.DateOnly) {
			return nil
		}
		if _, err := os.Lstat(to); err == nil {
			return nil
		}
		return os.Link(path, to)
	})
}
