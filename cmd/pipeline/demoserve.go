package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/customer360/pipeline/pipeline/demo"
	"github.com/customer360/pipeline/pipeline/report"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

// simulator is a served org, as --json prints it.
type simulator struct {
	Name         string `json:"name"`
	URL          string `json:"url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Records      int    `json:"records"`
}

// simulated is what --json prints once the orgs can be reached.
type simulated struct {
	Now  time.Time   `json:"now"`
	Orgs []simulator `json:"orgs"`
}

// serveDemo answers as the demo's Salesforce orgs until it is interrupted. A directory
// without a demo gets a clean one first.
func (a *app) serveDemo(ctx context.Context, o demo.Options, addr string) error {
	if _, err := os.Stat(filepath.Join(o.Dir, "pipeline.json")); errors.Is(err, os.ErrNotExist) {
		if err := emptyDir(o.Dir); err != nil {
			return err
		}
		o.Clean = true
		if _, err := demo.Generate(ctx, o); err != nil {
			return err
		}
	}
	world, err := salesforcesim.LoadDemo(o.Dir)
	if err != nil {
		return &usageError{err: err, hint: "an org holds no dirt: write the demo with --clean"}
	}
	listening, err := world.Listen(addr)
	if err != nil {
		return &usageError{err: err, hint: "choose another address with --addr, such as 127.0.0.1:0"}
	}
	if err := a.printSimulated(world, listening.URLs()); err != nil {
		return err
	}
	return listening.Serve(ctx)
}

// printSimulated says how to connect.
func (a *app) printSimulated(world *salesforcesim.World, urls []string) error {
	out := simulated{Now: world.Now()}
	for i, org := range world.Orgs() {
		s := simulator{Name: org.Options().Name, URL: urls[i], ClientID: org.Options().ClientID, ClientSecret: org.Options().ClientSecret}
		for _, object := range org.Objects() {
			s.Records += org.Count(object)
		}
		out.Orgs = append(out.Orgs, s)
	}
	if a.Flags.JSON {
		return a.printJSON(out)
	}
	for _, s := range out.Orgs {
		fmt.Fprintf(a.Stdout, "%-9s %s  client id %s  client secret %s  (%s records)\n", s.Name, s.URL, s.ClientID, s.ClientSecret, report.Count(int64(s.Records)))
	}
	fmt.Fprintf(a.Stdout, "The orgs' clock stands at %s. Move it with: curl -d '{\"advance\":\"24h\"}' %s/simulator/clock\n", out.Now.Format(time.RFC3339), urls[0])
	fmt.Fprintln(a.Stdout, "Stop with Ctrl-C.")
	return nil
}
