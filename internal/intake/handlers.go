package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// enrol needs no certificate: the token is the right to get one.
func (in *Intake) enrol(w http.ResponseWriter, r *http.Request) {
	var e wire.Enrolment
	if !in.decode(w, r, &e) {
		return
	}
	got, err := in.deps.Authority.Claim(e.Token, e.CSR)
	if err != nil {
		in.log.Warn("enrolment refused", logkeys.Addr, r.RemoteAddr, logkeys.Err, err)
		in.refuse(w, http.StatusForbidden, "token", err.Error())
		return
	}
	in.m.enrolled.Inc()
	in.log.Info("probe enrolled", logkeys.Host, got.Host, logkeys.Addr, r.RemoteAddr)
	in.answer(w, got)
}

func (in *Intake) write(w http.ResponseWriter, r *http.Request) {
	in.m.writes.Inc()
	in.deps.Write.ServeHTTP(w, r)
}

func (in *Intake) events(w http.ResponseWriter, r *http.Request) {
	host, _ := HostFrom(r.Context())
	var batch wire.EventBatch
	if !in.decode(w, r, &batch) {
		return
	}
	if len(batch.Events) > maxBatch {
		in.refuse(w, http.StatusRequestEntityTooLarge, "size", fmt.Sprintf("%d events at once; at most %d", len(batch.Events), maxBatch))
		return
	}
	if status, err := checkBatch(host, batch); err != nil {
		in.log.Warn("events refused", logkeys.Host, host, logkeys.Err, err)
		in.refuse(w, status, "events", err.Error())
		return
	}
	ack, fresh, err := in.deps.Journal.AcceptEvents(r.Context(), host, batch.Boot, batch.Events)
	if err != nil {
		in.log.Warn("events not journalled", logkeys.Host, host, logkeys.Err, err)
		w.Header().Set("Retry-After", "2")
		in.refuse(w, http.StatusServiceUnavailable, "journal", "events cannot be kept now; keep them and come back")
		return
	}
	in.m.events.Add(float64(len(fresh)))
	in.m.repeated.Add(float64(len(batch.Events) - len(fresh)))
	in.noteDrops(host, fresh)
	if in.deps.Deliver != nil && len(fresh) > 0 {
		in.deps.Deliver(r.Context(), host, fresh)
	}
	in.answer(w, wire.EventAck{Boot: batch.Boot, Seq: ack})
}

// checkBatch finds what no repeat would mend. The status tells the probe so.
func checkBatch(host string, b wire.EventBatch) (status int, err error) {
	if len(b.Boot) == 0 || len(b.Boot) > 64 {
		return http.StatusBadRequest, errors.New("boot id is missing or too long")
	}
	if len(b.Events) == 0 {
		return http.StatusBadRequest, errors.New("no events")
	}
	last := uint64(0)
	for _, e := range b.Events {
		if e.Host != host {
			return http.StatusForbidden, fmt.Errorf("event %d is for host %q; this certificate speaks for %q", e.Seq, e.Host, host)
		}
		if e.Seq <= last {
			return http.StatusBadRequest, fmt.Errorf("event %d follows %d; want rising numbers from 1", e.Seq, last)
		}
		if e.Kind == "" || len(e.Kind) > 64 {
			return http.StatusBadRequest, fmt.Errorf("event %d has no usable kind", e.Seq)
		}
		last = e.Seq
	}
	return 0, nil
}

// poll answers with the assignment as soon as it is another than the probe has,
// or as soon as there is a job for it.
func (in *Intake) poll(w http.ResponseWriter, r *http.Request) {
	host, _ := HostFrom(r.Context())
	// Nothing is written while we wait, so a client that went away is noticed here only.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(PollFor + bodyTimeout))
	end := time.NewTimer(PollFor)
	defer end.Stop()
	mine := in.onlyPoll(host)
	query := r.URL.Query()
	for {
		var a wire.Assignment
		var changed, more <-chan struct{}
		if in.deps.Assignment != nil {
			a, changed = in.deps.Assignment(host)
		}
		if in.deps.Jobs != nil && query.Has(wire.JobsParam) {
			a.Jobs, more = in.deps.Jobs(host, strings.Split(query.Get(wire.JobsParam), ","))
		}
		if a.Revision != query.Get("have") || len(a.Jobs) > 0 {
			in.answer(w, a)
			return
		}
		select {
		case <-changed:
			continue
		case <-more:
			continue
		case <-end.C:
		case <-mine:
		case <-in.stopping:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
}

// decode reads a JSON body; it has answered when it returns false.
func (in *Intake) decode(w http.ResponseWriter, r *http.Request, into any) bool {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, into)
	} else if _, tooBig := errors.AsType[*http.MaxBytesError](err); !tooBig {
		in.refuse(w, http.StatusRequestTimeout, "slow", "body did not arrive") // sent again
		return false
	}
	switch _, tooBig := errors.AsType[*http.MaxBytesError](err); {
	case err == nil:
		return true
	case tooBig:
		in.refuse(w, http.StatusRequestEntityTooLarge, "size", err.Error())
	default:
		in.refuse(w, http.StatusBadRequest, "syntax", err.Error())
	}
	return false
}

func (in *Intake) answer(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		in.log.Error("answer cannot be encoded", logkeys.Err, err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // a client that is gone asks again
}
