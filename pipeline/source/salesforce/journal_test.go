package salesforce

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// filled is a journal with two finished pages of one window, and a window that was halved.
func filled(t *testing.T, dir string, h head) *part {
	t.Helper()
	j, _, err := openJournal(dir, h, began)
	if err != nil {
		t.Fatal(err)
	}
	halved, err := j.add(taskRows, state{Transport: bulk, Job: "750"})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.remove(halved); err != nil {
		t.Fatal(err)
	}
	p, err := j.add(taskRows, state{Transport: rest})
	if err != nil {
		t.Fatal(err)
	}
	w, err := newPageWriter(dir, p, []string{"Id", "Name"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		for attempt := range 2 { // the first is cut off
			if err := w.Begin(); err != nil {
				t.Fatal(err)
			}
			if err := w.Row([][]byte{[]byte(id), []byte(strings.Repeat("x", attempt))}); err != nil {
				t.Fatal(err)
			}
		}
		done, err := w.finish()
		if err != nil {
			t.Fatal(err)
		}
		p.state.LastID = id
		if err := j.note(p, done); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestJournal goes on with what fits, and with nothing else.
func TestJournal(t *testing.T) {
	h := head{Org: "00D", API: "64.0", Columns: "c", Upper: began, Began: began}
	for _, c := range []struct {
		name    string
		harm    func(dir string, h *head, now *time.Time)
		resumed int
		why     string
	}{
		{"as it was", func(string, *head, *time.Time) {}, 2, ""},
		{"a later upper bound", func(_ string, h *head, _ *time.Time) { h.Upper = began.Add(time.Hour) }, 2, ""},
		{"a torn last line", func(dir string, _ *head, _ *time.Time) { appendTo(t, filepath.Join(dir, journalFile), `{"task":"ro`) }, 2, ""},
		{"half a page behind", func(dir string, _ *head, _ *time.Time) {
			appendTo(t, filepath.Join(dir, "rows-0002-0000.csv"), `"c","hal`)
		}, 2, ""},
		{"another org", func(_ string, h *head, _ *time.Time) { h.Org = "00E" }, 0, "another org"},
		{"other fields", func(_ string, h *head, _ *time.Time) { h.Columns = "d" }, 0, "other fields"},
		{"another window", func(_ string, h *head, _ *time.Time) { h.Lower = began }, 0, "another window"},
		{"another version", func(_ string, h *head, _ *time.Time) { h.API = "65.0" }, 0, "another version"},
		{"too old", func(_ string, _ *head, now *time.Time) { *now = began.Add(Life) }, 0, "too old"},
		{"a changed page", func(dir string, _ *head, _ *time.Time) {
			path := filepath.Join(dir, "rows-0002-0000.csv")
			raw, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, []byte(strings.Replace(string(raw), `"b"`, `"B"`, 1)), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, 0, "not what was written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "sf", "account")
			filled(t, dir, h)
			want, now := h, began.Add(time.Minute)
			c.harm(dir, &want, &now)
			j, why, err := openJournal(dir, want, now)
			if err != nil {
				t.Fatal(err)
			}
			defer j.close()
			if j.resumed != c.resumed || !strings.Contains(why, c.why) || (c.why == "") != (why == "") {
				t.Errorf("%d pages are used, %q", j.resumed, why)
			}
			batches, err := j.batches(taskRows, "Account", []string{"Id", "Name"})
			if err != nil {
				t.Fatal(err)
			}
			if c.resumed == 0 {
				if len(batches) != 0 {
					t.Errorf("%d batches of void pages", len(batches))
				}
				return
			}
			raw, err := os.ReadFile(batches[0].Clean.Path)
			if want := "\"Id\",\"Name\"\n\"a\",\"x\"\n\"b\",\"x\"\n"; string(raw) != want || err != nil || batches[0].Records != 2 {
				t.Errorf("%d records: %q, %v", batches[0].Records, raw, err)
			}
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// TestSweep removes what is too old, or cannot be read.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	filled(t, filepath.Join(root, "sf", "young"), head{Began: began.Add(time.Hour)})
	filled(t, filepath.Join(root, "sf", "old"), head{Began: began})
	if err := os.MkdirAll(filepath.Join(root, "sf", "broken"), 0o755); err != nil {
		t.Fatal(err)
	}
	removed, err := Sweep(root, began.Add(Life))
	if got := strings.Join(removed, " "); got != "sf/broken sf/old" || err != nil {
		t.Errorf("removed %q, %v", got, err)
	}
}

// TestWindow plans and halves windows.
func TestWindow(t *testing.T) {
	s := spans{overlap: 10 * time.Minute, lag: time.Minute}
	now := began.Add(24 * time.Hour)
	mark := &Mark{Upper: began}
	for _, c := range []struct {
		mark   *Mark
		now    time.Time
		reread string
		want   Window
	}{
		{nil, now, "", Window{Upper: now.Add(-time.Minute)}},
		{mark, now, "", Window{began.Add(-10 * time.Minute), now.Add(-time.Minute)}},
		{mark, now, "a reason", Window{Upper: now.Add(-time.Minute)}},
		{mark, began.Add(-time.Hour), "", Window{began.Add(-10 * time.Minute), began}}, // the watermark never goes back
	} {
		if got := s.plan(c.mark, c.now, c.reread); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	older, newer, ok := Window{Upper: now}.halve(began, now)
	if !ok || !older.Lower.IsZero() || older.Upper != newer.Lower || newer.Upper != now {
		t.Errorf("%s and %s", older, newer)
	}
	if _, _, ok := (Window{began, began.Add(119 * time.Second)}).halve(began, now); ok {
		t.Error("a window of less than two minutes was halved")
	}
}
