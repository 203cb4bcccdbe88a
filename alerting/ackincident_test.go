package alerting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

func TestAnIncidentIsTakenByItsNumberAndByOne(t *testing.T) {
	ctx := context.Background()
	s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts = 1 }))
	s.truth = always(checks.Warning)
	s.run(2 * time.Minute)
	id := s.e.Incidents(IncidentFilter{})[0].ID
	held, err := s.e.TakeIncident(ctx, id, Ack{By: "kim", Reason: "on it"})
	if err != nil || held.By != "kim" || !held.At.Equal(s.now) {
		t.Fatalf("taken: %+v, %v", held, err)
	}
	s.run(time.Minute)
	if again, err := s.e.TakeIncident(ctx, id, Ack{By: "boss"}); !errors.Is(err, ErrTaken) || again != held {
		t.Errorf("taken twice: %+v, %v; want what kim said", again, err)
	}
	if st, _ := s.e.Service(http); *st.Ack != held {
		t.Errorf("the second one changed it: %+v", st.Ack)
	}
	if service, err := s.e.AcknowledgeIncident(ctx, id, Ack{By: "boss"}); err != nil || service != http {
		t.Errorf("a colleague takes over: %v, %v", service, err)
	}
	if st, _ := s.e.Service(http); st.Ack.By != "boss" {
		t.Errorf("after taking over: %+v", st.Ack)
	}
	if service, err := s.e.UnacknowledgeIncident(ctx, id, "boss"); err != nil || service != http {
		t.Errorf("given back: %v, %v", service, err)
	}
	if in, _ := s.e.Incident(id); in.AckedBy != "" {
		t.Errorf("after giving back: %+v", in)
	}
}

func TestAnIncidentThatIsOverCannotBeTaken(t *testing.T) {
	ctx := context.Background()
	s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts = 1 }))
	s.truth = always(checks.Critical)
	s.run(2 * time.Minute)
	first := s.e.Incidents(IncidentFilter{})[0].ID
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	s.truth = always(checks.Critical)
	s.run(2 * time.Minute)
	// The service has another problem now: who answers the first message has not
	// heard of it.
	if _, err := s.e.TakeIncident(ctx, first, Ack{By: "kim"}); !errors.Is(err, ErrIncidentOver) {
		t.Errorf("an old incident: %v", err)
	}
	if _, err := s.e.UnacknowledgeIncident(ctx, first, "kim"); !errors.Is(err, ErrIncidentOver) {
		t.Errorf("an old incident given back: %v", err)
	}
	if _, err := s.e.TakeIncident(ctx, 4711, Ack{By: "kim"}); !errors.Is(err, ErrNoIncident) {
		t.Errorf("an incident that never was: %v", err)
	}
	if st, _ := s.e.Service(http); st.Ack != nil || st.Incident == first {
		t.Errorf("the new problem is acknowledged: %+v", st)
	}
}

func TestOfManyWhoTakeItAtOnceOneHasIt(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts = 1 }))
	s.truth = always(checks.Critical)
	s.run(2 * time.Minute)
	id := s.e.Incidents(IncidentFilter{})[0].ID
	var all sync.WaitGroup
	got := make([]string, 20)
	for i := range got {
		all.Go(func() {
			if _, err := s.e.TakeIncident(context.Background(), id, Ack{By: fmt.Sprint("kim", i)}); err == nil {
				got[i] = fmt.Sprint("kim", i)
			}
		})
	}
	all.Wait()
	st, _ := s.e.Service(http)
	if winners := strings.Join(got, ""); winners != st.Ack.By {
		t.Errorf("%q were told that they have it; %s has it", winners, st.Ack.By)
	}
}
