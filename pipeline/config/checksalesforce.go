package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// grantFields are the fields of auth that each grant needs, and those it may have.
var grantFields = map[string]struct{ needs, may []string }{
	"client_credentials": {needs: []string{"client_id", "client_secret"}},
	"jwt_bearer":         {needs: []string{"client_id", "username", "private_key"}},
	"refresh_token":      {needs: []string{"client_id", "refresh_token"}, may: []string{"client_secret"}},
	"access_token":       {needs: []string{"access_token"}},
	"password":           {needs: []string{"client_id", "client_secret", "username", "password", "allow_password"}, may: []string{"security_token"}},
}

// loginURL is an address without path. Plain http is for simulators on this machine.
var loginURL = regexp.MustCompile(`^(https://[^/\s]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)/?$`)

// checkTypes says which fields belong to the type of a source.
func (l *loading) checkTypes(at string, s Source) {
	if s.Type == TypeSalesforce {
		l.checkSalesforce(at, s)
		return
	}
	if s.Path == "" {
		l.report(at+".path", "field \"path\""+isMissing, "name the directory of the source's files")
	}
	if s.Salesforce != nil {
		l.report(at+".salesforce", `only means something with "type": "salesforce"`, "")
	}
	for i, o := range s.Objects {
		where := at + "." + indexPath("objects", i)
		if len(o.Files) == 0 {
			l.report(where+".files", "field \"files\""+isMissing, "name the object's files")
		}
		if o.Salesforce != nil {
			l.report(where+".salesforce", `only means something in a source of "type": "salesforce"`, "")
		}
	}
}

func (l *loading) checkSalesforce(at string, s Source) {
	if l.written(at + ".path") {
		l.report(at+".path", `only means something with "type": "csv"`, "the org is named in salesforce.login_url")
	}
	if l.written(at + ".csv") {
		l.report(at+".csv", `only means something with "type": "csv"`, "the API says itself how it writes dates and numbers")
	}
	for i, o := range s.Objects {
		where := at + "." + indexPath("objects", i)
		for _, field := range []string{"files", "load_mode", "csv", "key"} {
			if l.written(where + "." + field) {
				l.report(where+"."+field, `only means something with "type": "csv"`, "a record of an org is known by its Id")
			}
		}
		if o.Salesforce != nil {
			l.checkSalesforceObject(where+".salesforce", *o.Salesforce)
		}
	}
	sf := s.Salesforce
	if sf == nil {
		l.report(at+".salesforce", "field \"salesforce\""+isMissing, "say how the org is reached: login_url and auth")
		return
	}
	where := at + ".salesforce"
	if !strings.Contains(sf.LoginURL, "${") && sf.LoginURL != "" && !loginURL.MatchString(sf.LoginURL) {
		l.report(where+".login_url", fmt.Sprintf("%q is no address of an org", sf.LoginURL), "write the My Domain, for example https://acme.my.salesforce.com")
	}
	l.checkAuth(where+".auth", sf.Auth)
	for _, f := range []struct{ name, value string }{
		{"bulk_deadline", sf.BulkDeadline}, {"overlap", sf.Overlap}, {"lag", sf.Lag}, {"refresh_every", sf.RefreshEvery}, {"reconcile_every", sf.ReconcileEvery},
	} {
		if _, ok := Span(f.value); !ok {
			l.report(where+"."+f.name, fmt.Sprintf("%q is no duration", f.value), "write for example 60s, 10m, 20h or 7d")
		}
	}
}

func (l *loading) checkAuth(at string, a SalesforceAuth) {
	grant, known := grantFields[a.Grant]
	if !known {
		return // the schema lists the grants
	}
	given := map[string]bool{
		"client_id": a.ClientID != "", "client_secret": a.ClientSecret != nil, "private_key": a.PrivateKey != nil, "username": a.Username != "",
		"refresh_token": a.RefreshToken != nil, "access_token": a.AccessToken != nil, "password": a.Password != nil,
		"security_token": a.SecurityToken != nil, "allow_password": a.AllowPassword,
	}
	for _, name := range grant.needs {
		hint := ""
		if name == "allow_password" {
			hint = "logging in by password retires in 2027: use client_credentials, or say \"allow_password\": true to use it until then"
		}
		if !given[name] {
			l.report(at+"."+name, fmt.Sprintf("grant %s needs field %q", a.Grant, name), hint)
		}
	}
	for _, name := range sortedNames(given) {
		if given[name] && !slices.Contains(grant.needs, name) && !slices.Contains(grant.may, name) {
			l.report(at+"."+name, "grant "+a.Grant+" does not use it", "take it away, or name another grant")
		}
	}
	if a.RefreshToken != nil && a.RefreshToken.File == "" {
		l.report(at+".refresh_token", "a refresh token must stand in a file", `Salesforce may give a new one with every login, and it must be kept: {"file": "path"}`)
	}
}

func (l *loading) checkSalesforceObject(at string, o SalesforceObject) {
	for _, name := range o.Exclude {
		if slices.ContainsFunc([]string{"Id", "IsDeleted", "SystemModstamp"}, func(s string) bool { return strings.EqualFold(s, name) }) {
			l.report(at+".exclude", name+" cannot be left out", "it says which record this is, or when it changed")
		}
	}
}

func sortedNames(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
