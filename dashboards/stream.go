package dashboards

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// maxListeners bounds the open pages that one server keeps informed.
const maxListeners = 512

// hub spreads one notice to every open page. A page that is slow misses
// notices, never its own later ones: each has room for one.
type hub struct {
	beat  time.Duration
	mu    sync.Mutex
	pages map[chan struct{}]bool
	done  chan struct{}
	once  sync.Once
}

func newHub(beat time.Duration) *hub {
	return &hub{beat: beat, pages: map[chan struct{}]bool{}, done: make(chan struct{})}
}

// run sends a notice for each change, at most once a second, and one a beat.
func (h *hub) run(ctx context.Context, changed <-chan struct{}) error {
	defer h.once.Do(func() { close(h.done) })
	beat := time.NewTicker(h.beat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-changed:
			if !open {
				changed = nil // a closed channel would spin
				continue
			}
			h.tell()
			select { // many changes at once are one picture
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second):
			}
		case <-beat.C:
			h.tell()
		}
	}
}

func (h *hub) tell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.pages {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (h *hub) join() (chan struct{}, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pages) >= maxListeners {
		return nil, false
	}
	c := make(chan struct{}, 1)
	h.pages[c] = true
	return c, true
}

func (h *hub) leave(c chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pages, c)
}

// stream tells a page by server-sent events that it should read itself again.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request) {
	c, ok := p.hub.join()
	if !ok {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many open pages", http.StatusServiceUnavailable)
		return
	}
	defer p.hub.leave(c)
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	for {
		out.SetWriteDeadline(time.Now().Add(p.Beat)) // not every writer can; then the listener's own limits hold
		if _, err := fmt.Fprintf(w, "event: change\ndata: {\"at\":%d}\n\n", p.Now().UnixMilli()); err != nil {
			return
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-c:
		case <-r.Context().Done():
			return
		case <-p.hub.done:
			return
		}
	}
}
