package dashboards

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestManyChangesAtOnceAreOneNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(time.Hour)
		ctx, stop := context.WithCancel(t.Context())
		changed := make(chan struct{}, 100)
		done := make(chan error)
		go func() { done <- h.run(ctx, changed) }()
		c, ok := h.join()
		if !ok {
			t.Fatal("no room")
		}
		for range 50 {
			changed <- struct{}{}
		}
		time.Sleep(1500 * time.Millisecond)
		got := 0
		for range 10 {
			select {
			case <-c:
				got++
			default:
			}
		}
		if got != 1 {
			t.Errorf("%d notices wait, want one", got)
		}
		close(changed) // the source ends: the beat goes on
		time.Sleep(3 * time.Hour)
		select {
		case <-c:
		default:
			t.Error("no beat")
		}
		h.leave(c)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestTheNumberOfListenersIsBounded(t *testing.T) {
	h := newHub(time.Hour)
	for range maxListeners {
		h.join()
	}
	if _, ok := h.join(); ok {
		t.Error("one more than the limit")
	}
}

func TestAStreamTellsOfAChangeAndEndsWithTheServer(t *testing.T) {
	house := newHouse()
	p := house.pages(t)
	p.hub.beat = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	srv := httptest.NewServer(p.Handler())
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/api/monitord/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("type %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "event: ") {
				return lines.Text()
			}
		}
		return ""
	}
	if got := next(); got != "event: change" {
		t.Fatalf("first %q", got)
	}
	house.changed <- struct{}{}
	if got := next(); got != "event: change" {
		t.Fatalf("then %q", got)
	}
	stop()
	if got := next(); got != "" {
		t.Errorf("after the end: %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}
