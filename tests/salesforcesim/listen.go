package salesforcesim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ErrNotLoopback refuses to listen where other machines could come: anybody who can
// reach the simulator can move its clock.
var ErrNotLoopback = errors.New("the simulator listens on loopback addresses only")

// Listen opens a port for each org: the one of addr, and those after it. Port 0 takes
// any free ones.
func (w *World) Listen(addr string) (*Listening, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %s: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("address %s: %w", addr, ErrNotLoopback)
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("address %s: the port is no number", addr)
	}
	l := &Listening{world: w}
	for i, org := range w.Orgs() {
		at := 0
		if first != 0 {
			at = first + i
		}
		n, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(at)))
		if err != nil {
			l.close()
			return nil, fmt.Errorf("listen for %s: %w", org.options.Name, err)
		}
		l.listeners = append(l.listeners, n)
		l.servers = append(l.servers, &http.Server{Handler: org, ReadHeaderTimeout: 10 * time.Second})
	}
	return l, nil
}

// Listening is a world that can be reached.
type Listening struct {
	world     *World
	listeners []net.Listener
	servers   []*http.Server
}

// URLs returns where the orgs are, in their order.
func (l *Listening) URLs() []string {
	var out []string
	for _, n := range l.listeners {
		out = append(out, "http://"+n.Addr().String())
	}
	return out
}

// Serve answers until ctx ends.
func (l *Listening) Serve(ctx context.Context) error {
	failed := make(chan error, len(l.servers))
	for i, s := range l.servers {
		go func() { failed <- s.Serve(l.listeners[i]) }()
	}
	select {
	case <-ctx.Done():
		l.close()
		return nil
	case err := <-failed:
		l.close()
		return fmt.Errorf("serve: %w", err)
	}
}

func (l *Listening) close() {
	for _, s := range l.servers {
		_ = s.Close()
	}
	for _, n := range l.listeners {
		_ = n.Close()
	}
}
