package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// Options are what an org needs from outside; all have a default but Now.
type Options struct {
	Now       func() time.Time
	Sleep     func(context.Context, time.Duration) error
	Transport http.RoundTripper
	Log       *slog.Logger
	// Kept is called after a page or a window has become durable. An error it returns ends
	// the extraction there, as a crash would.
	Kept func(object string) error
	// BulkRows is how many rows a page of a job has at most; 0 = 25,000.
	BulkRows int
}

// Org is a Salesforce org that is being read.
type Org struct {
	Source  config.Source
	cfg     config.Salesforce
	client  *client.Client
	budget  *budget
	options Options
	spans   spans

	// Facts, from Connect.
	ID       string // 18 characters
	Name     string
	Sandbox  bool
	objects  map[string]client.ObjectInfo // by lower-case name
	prefixes map[string]string            // key prefix to object
	counts   map[string]int64             // records per object, as the org estimates
}

// spans are the durations of the configuration.
type spans struct{ overlap, lag, refresh, reconcile, deadline time.Duration }

// Open makes an Org of its configuration. It reads the secrets, and sends nothing.
func Open(loaded *config.Loaded, src config.Source, o Options) (*Org, error) {
	org := &Org{Source: src, cfg: *src.Salesforce, options: o}
	if org.options.Kept == nil {
		org.options.Kept = func(string) error { return nil }
	}
	for _, s := range []struct {
		to   *time.Duration
		text string
	}{
		{&org.spans.overlap, org.cfg.Overlap}, {&org.spans.lag, org.cfg.Lag}, {&org.spans.refresh, org.cfg.RefreshEvery},
		{&org.spans.reconcile, org.cfg.ReconcileEvery}, {&org.spans.deadline, org.cfg.BulkDeadline},
	} {
		*s.to, _ = config.Span(s.text) // the configuration was checked
	}
	org.budget = &budget{source: src.Name, bounds: org.cfg.Budget, usage: func() client.Usage { return org.client.Usage() }}
	login, err := loaded.Expand(src.Name+": login_url", org.cfg.LoginURL)
	if err != nil {
		return nil, err
	}
	grant, err := grantOf(loaded, src.Name, org.cfg.Auth)
	if err != nil {
		return nil, err
	}
	org.client, err = client.New(client.Config{
		LoginURL: login, APIVersion: org.cfg.APIVersion, Grant: grant, Transport: o.Transport,
		Now: o.Now, Sleep: o.Sleep, Log: o.Log, Before: org.budget.before, Learned: loaded.Redact.Add,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.Name, err)
	}
	return org, nil
}

// grantOf reads what the configured grant needs.
func grantOf(loaded *config.Loaded, source string, a config.SalesforceAuth) (client.Grant, error) {
	var problems []error
	text := func(field, value string) string {
		out, err := loaded.Expand(source+": auth."+field, value)
		problems = append(problems, err)
		return out
	}
	secret := func(field string, s *config.Secret) client.Secret {
		value, err := loaded.Secret(source+": auth."+field, s)
		problems = append(problems, err)
		return client.NewSecret(value)
	}
	id, user := text("client_id", a.ClientID), text("username", a.Username)
	var grant client.Grant
	switch a.Grant {
	case "jwt_bearer":
		grant = client.JWTBearer{ID: id, Username: user, Key: secret("private_key", a.PrivateKey)}
	case "refresh_token":
		// A rotated token is kept beside the user's file, not in it: a new authorization
		// goes into that file, and must win.
		store := &client.FileStore{Path: a.RefreshToken.File + ".rotated", Seed: secret("refresh_token", a.RefreshToken)}
		grant = client.RefreshToken{ID: id, Secret: secret("client_secret", a.ClientSecret), Store: store}
	case "access_token":
		grant = client.AccessToken{Token: secret("access_token", a.AccessToken)}
	case "password":
		grant = client.Password{ID: id, Secret: secret("client_secret", a.ClientSecret), Username: user,
			Password: secret("password", a.Password), SecurityToken: secret("security_token", a.SecurityToken), OptIn: a.AllowPassword}
	default:
		grant = client.ClientCredentials{ID: id, Secret: secret("client_secret", a.ClientSecret)}
	}
	return grant, errors.Join(problems...)
}

// Connect logs in and learns what org this is, which objects it has, and how many calls
// are left.
func (o *Org) Connect(ctx context.Context) error {
	org, err := o.client.Organization(ctx)
	if err != nil {
		return o.failed("log in", err)
	}
	o.ID, o.Name, o.Sandbox = org.ID, org.Name, org.IsSandbox
	if _, err := o.client.Limits(ctx); err != nil {
		return o.failed("ask for limits", err)
	}
	infos, err := o.client.Objects(ctx)
	if err != nil {
		return o.failed("list objects", err)
	}
	o.objects, o.prefixes = map[string]client.ObjectInfo{}, map[string]string{}
	for _, info := range infos {
		o.objects[strings.ToLower(info.Name)] = info
		if info.KeyPrefix != "" {
			o.prefixes[info.KeyPrefix] = info.Name
		}
	}
	return nil
}

// estimate asks once how many records the objects have.
func (o *Org) estimate(ctx context.Context, objects []string) error {
	var asked []string
	for _, name := range objects {
		if info, ok := o.objects[strings.ToLower(name)]; ok {
			asked = append(asked, info.Name)
		}
	}
	o.counts = map[string]int64{}
	found, err := o.client.RecordCounts(ctx, asked...)
	if stops(err) {
		return o.failed("count records", err)
	}
	for name, n := range found { // without an answer, objects are counted one by one
		o.counts[strings.ToLower(name)] = n
	}
	return nil
}

// stops tells an error after which nothing more can be asked of the org in this run.
func stops(err error) bool {
	return err != nil && (errors.Is(err, ErrBudget) || errors.Is(err, client.ErrDailyLimit) || errors.Is(err, client.ErrUnauthorized) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

// failed names the org, and turns the org's own limit into a used-up budget.
func (o *Org) failed(what string, err error) error {
	if errors.Is(err, client.ErrDailyLimit) && !errors.Is(err, ErrBudget) {
		err = errors.Join(&BudgetError{Source: o.Source.Name, OrgRefuses: true}, err)
	}
	return fmt.Errorf("%s: %s: %w", o.Source.Name, what, err)
}

// Warnings says what the user should know about the way of logging in.
func (o *Org) Warnings() []string { return o.client.Warnings() }

// Usage is what was asked of the org so far.
func (o *Org) Usage() client.Usage { return o.client.Usage() }
