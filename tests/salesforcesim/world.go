package salesforcesim

import (
	"container/heap"
	"sync"
	"time"
)

// Options of a World.
type Options struct {
	Now          time.Time // where the clock starts; default 2026-11-01 01:00 UTC
	Seed         uint64    // of tokens and ids
	KeepVersions bool      // remember every version of every row, for Org.Versions
}

// World is a clock and the orgs that live by it.
type World struct {
	mu      sync.Mutex
	options Options
	now     time.Time
	tick    time.Duration
	due     agenda
	order   int
	orgs    []*Org
	moving  sync.Mutex // one mover at a time, so that callbacks may lock mu
}

// New makes a world without orgs.
func New(o Options) *World {
	if o.Now.IsZero() {
		o.Now = time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC)
	}
	return &World{options: o, now: o.Now.UTC()}
}

// Now is the world's time.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Ticks makes every request move the clock by d.
func (w *World) Ticks(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tick = d
}

// At runs f when the clock reaches t; at once if it has already.
func (w *World) At(t time.Time, f func()) {
	w.mu.Lock()
	if !t.After(w.now) {
		w.mu.Unlock()
		f()
		return
	}
	w.schedule(t, f)
	w.mu.Unlock()
}

// schedule is At for callers that hold the lock; t lies ahead.
func (w *World) schedule(t time.Time, f func()) {
	w.order++
	heap.Push(&w.due, appointment{t.UTC(), w.order, f})
}

// Advance moves the clock by d.
func (w *World) Advance(d time.Duration) {
	if d > 0 {
		w.MoveTo(w.Now().Add(d))
	}
}

// MoveTo moves the clock to t. What is due on the way happens in order, each at its
// own time. The clock never goes back.
func (w *World) MoveTo(t time.Time) {
	w.moving.Lock()
	defer w.moving.Unlock()
	for {
		w.mu.Lock()
		if len(w.due) == 0 || w.due[0].at.After(t) {
			if t.After(w.now) {
				w.now = t.UTC()
			}
			w.mu.Unlock()
			return
		}
		a := heap.Pop(&w.due).(appointment)
		if a.at.After(w.now) {
			w.now = a.at
		}
		w.mu.Unlock()
		a.do()
	}
}

// Lookup returns an org by name, or nil.
func (w *World) Lookup(name string) *Org {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.orgs {
		if o.options.Name == name {
			return o
		}
	}
	return nil
}

// Orgs returns the orgs in the order they were made.
func (w *World) Orgs() []*Org {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*Org(nil), w.orgs...)
}

// appointment is something that happens at a time.
type appointment struct {
	at    time.Time
	order int
	do    func()
}

// agenda is a heap of appointments, the next one first.
type agenda []appointment

func (a agenda) Len() int { return len(a) }

func (a agenda) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].order < a[j].order
	}
	return a[i].at.Before(a[j].at)
}

func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

func (a *agenda) Push(x any) { *a = append(*a, x.(appointment)) }

func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = appointment{}
	*a = old[:len(old)-1]
	return last
}
