package salesforcesim

import (
	"encoding/json"
	"net/http"
	"time"
)

// clockOrder is what POST /simulator/clock takes: an instant or a duration.
type clockOrder struct {
	To      time.Time `json:"to"`
	Advance string    `json:"advance"`
}

// admin shows and moves the world's clock. It is no part of an org's API.
func (w *World) admin(out http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/simulator/clock" {
		http.NotFound(out, r)
		return
	}
	if r.Method == http.MethodPost {
		var order clockOrder
		d := json.NewDecoder(http.MaxBytesReader(out, r.Body, 1<<16))
		d.DisallowUnknownFields()
		if err := d.Decode(&order); err != nil {
			http.Error(out, "want {\"to\":\"2026-11-02T01:00:00Z\"} or {\"advance\":\"24h\"}: "+err.Error(), http.StatusBadRequest)
			return
		}
		if order.Advance != "" {
			by, err := time.ParseDuration(order.Advance)
			if err != nil || by < 0 {
				http.Error(out, "advance: want a duration such as 24h", http.StatusBadRequest)
				return
			}
			order.To = w.Now().Add(by)
		}
		if order.To.Before(w.Now()) {
			http.Error(out, "the clock never goes back: it is "+w.Now().Format(time.RFC3339), http.StatusConflict)
			return
		}
		w.MoveTo(order.To)
	}
	out.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(out).Encode(map[string]string{"now": w.Now().Format(time.RFC3339)})
}
