package tsdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"monitord/internal/logkeys"
)

// maxForm bounds the body of a POST form: a long query, not a file.
const maxForm = 1 << 20

// API answers Prometheus' HTTP API under /api/v1/ as far as Grafana and promtool
// ask for it: query, query_range, series, labels, label values, metadata, status;
// rules and alerts are empty. Reading only; who may ask is the caller's matter.
func (db *DB) API() http.Handler {
	a := &api{db: db}
	mux := http.NewServeMux()
	for path, f := range map[string]endpoint{
		"query": a.query, "query_range": a.queryRange, "series": a.series, "labels": a.labelNames,
	} {
		mux.Handle("GET /api/v1/"+path, a.handle(f))
		mux.Handle("POST /api/v1/"+path, a.handle(f))
	}
	for path, f := range map[string]endpoint{
		"label/{name}/values": a.labelValues, "metadata": a.metadata, "rules": a.rules, "alerts": a.alerts,
		"status/buildinfo": a.buildInfo, "status/runtimeinfo": a.runtimeInfo, "status/tsdb": a.tsdbStatus,
	} {
		mux.Handle("GET /api/v1/"+path, a.handle(f))
	}
	return mux
}

type api struct{ db *DB }

// answer is what an endpoint found: data is JSON already.
type answer struct {
	data  json.RawMessage
	notes annotations.Annotations
}

type endpoint func(r *http.Request) (answer, error)

// apiError is a fault with the type that clients of the API decide on.
type apiError struct {
	kind string
	error
}

// Unwrap gives the cause.
func (e apiError) Unwrap() error { return e.error }

var statusOfKind = map[string]int{
	"bad_data": http.StatusBadRequest, "execution": http.StatusUnprocessableEntity,
	"canceled": 499, "timeout": http.StatusServiceUnavailable, "unavailable": http.StatusServiceUnavailable,
	"internal": http.StatusInternalServerError, "not_found": http.StatusNotFound,
}

// envelope is the frame of every answer.
type envelope struct {
	Status    string          `json:"status"`
	Data      json.RawMessage `json:"data,omitempty"`
	ErrorType string          `json:"errorType,omitempty"`
	Error     string          `json:"error,omitempty"`
	Warnings  []string        `json:"warnings,omitempty"`
	Infos     []string        `json:"infos,omitempty"`
}

func (a *api) handle(f endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		var out answer
		err := r.ParseForm()
		if err != nil {
			err = apiError{"bad_data", fmt.Errorf("error parsing form values: %w", err)}
		} else {
			out, err = f(r)
		}
		code, env := http.StatusOK, envelope{Status: "success", Data: out.data}
		if err != nil {
			e := classify(err)
			code, env = statusOfKind[e.kind], envelope{Status: "error", ErrorType: e.kind, Error: e.Error()}
		}
		// As Prometheus: at most ten of each, with positions in the query.
		env.Warnings, env.Infos = out.notes.AsStrings(r.FormValue("query"), 10, 10)
		a.send(w, code, env)
	})
}

// send writes the frame around data that is not copied through the encoder.
func (a *api) send(w http.ResponseWriter, code int, env envelope) {
	data := env.Data
	env.Data = nil
	frame, err := json.Marshal(env)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	parts := [][]byte{frame}
	if data != nil {
		parts = [][]byte{frame[:len(frame)-1], []byte(`,"data":`), data, []byte("}")}
	}
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			a.db.log.Debug("answer not taken", logkeys.Err, err)
			return
		}
	}
}

// classify finds the type of an error of the engine or the store.
func classify(err error) apiError {
	if e, ok := errors.AsType[apiError](err); ok {
		return e
	}
	if f, ok := errors.AsType[queryFault](err); ok {
		return apiError{"bad_data", fmt.Errorf("invalid parameter %q: %w", "query", f.error)}
	}
	if _, ok := errors.AsType[promql.ErrQueryCanceled](err); ok || errors.Is(err, context.Canceled) {
		return apiError{"canceled", err}
	}
	if _, ok := errors.AsType[promql.ErrQueryTimeout](err); ok {
		return apiError{"timeout", err}
	}
	if errors.Is(err, ErrReopening) || errors.Is(err, ErrClosed) {
		return apiError{"unavailable", err}
	}
	if _, ok := errors.AsType[promql.ErrStorage](err); ok {
		return apiError{"internal", err}
	}
	return apiError{"execution", err}
}

func (a *api) query(r *http.Request) (answer, error) {
	limit, err := limitParam(r)
	if err != nil {
		return answer{}, err
	}
	at, err := timeParam(r, "time", a.db.opts.Now())
	if err != nil {
		return answer{}, err
	}
	return a.run(r, limit, func(ctx context.Context, qb storage.Queryable, opts promql.QueryOpts) (promql.Query, error) {
		return a.db.engine.NewInstantQuery(ctx, qb, opts, r.FormValue("query"), at)
	})
}

func (a *api) queryRange(r *http.Request) (answer, error) {
	limit, err := limitParam(r)
	if err != nil {
		return answer{}, err
	}
	start, end, step, err := rangeParams(r)
	if err != nil {
		return answer{}, err
	}
	return a.run(r, limit, func(ctx context.Context, qb storage.Queryable, opts promql.QueryOpts) (promql.Query, error) {
		return a.db.engine.NewRangeQuery(ctx, qb, opts, r.FormValue("query"), start, end, step)
	})
}

func rangeParams(r *http.Request) (start, end time.Time, step time.Duration, err error) {
	if start, err = timeParam(r, "start", time.Time{}); err != nil {
		return
	}
	if end, err = timeParam(r, "end", time.Time{}); err != nil {
		return
	}
	if end.Before(start) {
		return start, end, 0, badParam("end", errors.New("end timestamp must not be before start time"))
	}
	if step, err = parseDuration(r.FormValue("step")); err != nil {
		return start, end, 0, badParam("step", err)
	}
	if step <= 0 {
		return start, end, 0, badParam("step", errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer"))
	}
	if end.Sub(start)/step > maxPoints {
		err = apiError{"bad_data", errors.New("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")}
	}
	return start, end, max(step, time.Millisecond), err
}

// run executes a query within the time that the client gives it.
func (a *api) run(r *http.Request, limit int, prepare func(context.Context, storage.Queryable, promql.QueryOpts) (promql.Query, error)) (out answer, err error) {
	ctx := r.Context()
	timeout, err := durationParam(r, "timeout")
	if err != nil {
		return out, err
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	lookback, err := durationParam(r, "lookback_delta")
	if err != nil {
		return out, err
	}
	opts := promql.NewPrometheusQueryOpts(false, lookback)
	err = a.db.runQuery(ctx, func(qb storage.Queryable) (promql.Query, error) {
		return prepare(ctx, qb, opts)
	}, func(_ promql.Query, res *promql.Result) error {
		out.notes = res.Warnings
		if cut(res, limit) {
			out.notes = out.notes.Add(errTruncated)
		}
		data, err := appendValue(nil, res.Value)
		out.data = data
		return err
	})
	return out, err
}

var errTruncated = errors.New("results truncated due to limit")

// cut shortens a result to limit lines and tells whether it did.
func cut(res *promql.Result, limit int) bool {
	if limit == 0 {
		return false
	}
	switch v := res.Value.(type) {
	case promql.Matrix:
		res.Value = v[:min(len(v), limit)]
		return len(v) > limit
	case promql.Vector:
		res.Value = v[:min(len(v), limit)]
		return len(v) > limit
	}
	return false
}
