package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing planted as a secret is in any error, log or printed value, even if the
// server echoes it.
func TestSecretsDoNotPrint(t *testing.T) {
	planted := []string{"planted client/secret", "planted+client%2Fsecret", "planted-password", "planted-word", "planted-refresh", "token-1", "planted-access"}
	grants := []Grant{
		ClientCredentials{ID: "app", Secret: NewSecret("planted client/secret")},
		RefreshToken{ID: "app", Secret: NewSecret("planted client/secret"), Store: &FileStore{Path: filepath.Join(t.TempDir(), "t"), Seed: NewSecret("planted-refresh")}},
		Password{ID: "app", Secret: NewSecret("planted client/secret"), Username: "u", Password: NewSecret("planted-password"), SecurityToken: NewSecret("planted-word"), OptIn: true},
		AccessToken{Token: NewSecret("planted-access")},
	}
	for _, g := range grants {
		t.Run(g.name(), func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
			echo := func(req *http.Request) string { return req.Header.Get("Authorization") }
			s := newServer(t)
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/services/oauth2/token" {
					_ = req.ParseForm()
					s.logins++
					a := tokenAnswer(s.URL, 1, "")
					if s.logins > 1 {
						a = tokenError(400, "invalid_grant", fmt.Sprint("bad: ", req.PostForm.Encode(), req.PostForm))
					}
					a.write(w, s.clock.Now())
					return
				}
				switch {
				case strings.HasSuffix(req.URL.Path, "limits"):
					apiError(503, "SERVER_UNAVAILABLE", "you sent "+echo(req)).write(w, s.clock.Now())
				default:
					apiError(401, "INVALID_SESSION_ID", "you sent "+echo(req)).write(w, s.clock.Now())
				}
			})
			c := s.client(func(cfg *Config) { cfg.Grant, cfg.Log = g, log })
			_, err1 := c.Limits(context.Background())
			_, err2 := c.Count(context.Background(), "SELECT COUNT() FROM Account", false)
			if err1 == nil || err2 == nil {
				t.Fatal("no errors to look at")
			}
			fmt.Fprintln(&out, err1, err2)
			fmt.Fprintf(&out, "%v %+v %#v %s %q", g, g, g, g, g)
			fmt.Fprintf(&out, "%+v %#v", c.cfg, err2)
			log.Info("config", "grant", g)
			_ = json.NewEncoder(&out).Encode(g)
			for _, secret := range planted {
				if strings.Contains(out.String(), secret) {
					t.Errorf("%s is printed: %s", secret, out.String())
				}
			}
		})
	}
}

func TestInstanceURLMustNotLeakTheToken(t *testing.T) {
	s := newServer(t, pageAnswer(2, "http://elsewhere.example/query/01g-2000", record("1")), pageAnswer(2, "", record("2")))
	c := s.client()
	q := Query{SOQL: "SELECT Id FROM Account", Columns: idColumn}
	at, _, err := c.QueryPage(context.Background(), q, QueryCursor{}, &kept{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = c.QueryPage(context.Background(), q, at, &kept{}); !errors.Is(err, ErrProtocol) {
		t.Errorf("followed a link to another host: %v", err)
	}
	if _, err := (&org{login: &url.URL{Scheme: "https", Host: "x"}}).instanceURL("http://y"); err == nil {
		t.Error("took an instance without TLS")
	}
}
