package tsdb

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
)

// Series is one line of an answer.
type Series struct {
	Labels map[string]string // the caller's to keep
	Points []Point           // in order of time; never empty
}

// Point is one value. Native histograms are left out; the HTTP API has
// them.
type Point struct {
	At    time.Time
	Value float64
}

// maxPoints bounds the points of a line, as Prometheus' API does.
const maxPoints = 11_000

func (db *DB) newEngine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger: db.log, MaxSamples: db.opts.QuerySamples, Timeout: db.opts.QueryTimeout,
		LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		Parser:                   db.parser,
	})
}

// Query evaluates a PromQL expression at one moment. A scalar is one Series
// without labels.
func (db *DB) Query(ctx context.Context, expr string, at time.Time) ([]Series, error) {
	return db.plain(ctx, expr, func(qb storage.Queryable) (promql.Query, error) {
		return db.engine.NewInstantQuery(ctx, qb, nil, expr, at)
	})
}

// QueryRange evaluates an expression from start to end (inclusive) every step.
func (db *DB) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error) {
	if err := checkRange(start, end, step); err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	return db.plain(ctx, expr, func(qb storage.Queryable) (promql.Query, error) {
		return db.engine.NewRangeQuery(ctx, qb, nil, expr, start, end, step)
	})
}

func checkRange(start, end time.Time, step time.Duration) error {
	switch {
	case end.Before(start):
		return fmt.Errorf("end %v is before start %v", end, start)
	case step < time.Millisecond:
		return fmt.Errorf("step %v (want at least 1ms)", step)
	case end.Sub(start)/step > maxPoints:
		return fmt.Errorf("more than %d points a line (choose a longer step)", maxPoints)
	}
	return nil
}

// plain runs a query and turns its answer into plain types.
func (db *DB) plain(ctx context.Context, expr string, prepare prepare) (out []Series, err error) {
	err = db.runQuery(ctx, prepare, func(_ promql.Query, res *promql.Result) error {
		switch v := res.Value.(type) {
		case promql.Scalar:
			out = []Series{{map[string]string{}, []Point{{time.UnixMilli(v.T), v.V}}}}
		case promql.Vector:
			out = fromVector(v)
		case promql.Matrix:
			out = fromMatrix(v)
		default:
			return fmt.Errorf("the answer is a %s, not numbers", res.Value.Type())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	return out, nil
}

// prepare makes a query that reads from qb.
type prepare func(qb storage.Queryable) (promql.Query, error)

// queryFault marks an error of prepare: the expression itself is wrong.
type queryFault struct{ error }

// Unwrap gives the parser's error.
func (f queryFault) Unwrap() error { return f.error }

// runQuery waits for a free place, executes and gives the result to use, which
// must not keep it. It holds one generation from beginning to end: a query that
// asked for the next one while a reopen waits for it would never end.
func (db *DB) runQuery(ctx context.Context, prepare prepare, use func(promql.Query, *promql.Result) error) error {
	ctx, cancel := context.WithTimeout(ctx, db.opts.QueryTimeout)
	defer cancel()
	select {
	case db.queries <- struct{}{}:
		defer func() { <-db.queries }()
	case <-ctx.Done():
		return promql.ErrQueryTimeout("waiting for a free place")
	}
	gen, err := db.acquireWait(ctx)
	if err != nil {
		return err
	}
	defer gen.release()
	stop := context.AfterFunc(gen.ctx, cancel)
	defer stop()
	q, err := prepare(gen.db)
	if err != nil {
		return queryFault{err}
	}
	defer q.Close()
	res := q.Exec(ctx)
	if res.Err != nil {
		return res.Err
	}
	return use(q, res)
}

// withQuerier lends a querier over a range of time, in Unix milliseconds.
func (db *DB) withQuerier(ctx context.Context, mint, maxt int64, use func(context.Context, storage.Querier) error) error {
	ctx, cancel := context.WithTimeout(ctx, db.opts.QueryTimeout)
	defer cancel()
	gen, err := db.acquireWait(ctx)
	if err != nil {
		return err
	}
	defer gen.release()
	stop := context.AfterFunc(gen.ctx, cancel)
	defer stop()
	q, err := gen.db.Querier(mint, maxt)
	if err != nil {
		return fmt.Errorf("open querier: %w", err)
	}
	defer q.Close()
	return use(ctx, q)
}

func fromVector(v promql.Vector) []Series {
	out := make([]Series, 0, len(v))
	for _, s := range v {
		if s.H == nil {
			out = append(out, Series{s.Metric.Map(), []Point{{time.UnixMilli(s.T), s.F}}})
		}
	}
	return out
}

func fromMatrix(m promql.Matrix) []Series {
	out := make([]Series, 0, len(m))
	for _, s := range m {
		if len(s.Floats) == 0 {
			continue
		}
		points := make([]Point, len(s.Floats))
		for i, p := range s.Floats {
			points[i] = Point{time.UnixMilli(p.T), p.F}
		}
		out = append(out, Series{s.Metric.Map(), points})
	}
	return out
}
