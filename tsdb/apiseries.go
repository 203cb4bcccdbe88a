package tsdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

func (a *api) series(r *http.Request) (out answer, err error) {
	if len(r.Form["match[]"]) == 0 {
		return out, apiError{"bad_data", errors.New("no match[] parameter provided")}
	}
	s, err := a.selection(r)
	if _, typed := errors.AsType[apiError](err); err != nil && !typed {
		err = badParam("match[]", err)
	}
	if err != nil {
		return out, err
	}
	err = a.db.withQuerier(r.Context(), s.mint, s.maxt, func(ctx context.Context, q storage.Querier) error {
		out.data, out.notes, err = readSeries(ctx, q, s)
		return err
	})
	return out, err
}

func readSeries(ctx context.Context, q storage.Querier, s selection) (json.RawMessage, annotations.Annotations, error) {
	// "series" is the library's word for a look-up without samples.
	hints := &storage.SelectHints{Start: s.mint, End: s.maxt, Func: "series", Limit: s.hintLimit()}
	sorted := len(s.matchers) > 1 // merging needs an order
	var sets []storage.SeriesSet
	for _, m := range s.matchers {
		sets = append(sets, q.Select(ctx, sorted, hints, m...))
	}
	set := sets[0]
	if sorted {
		set = storage.NewMergeSeriesSet(sets, 0, storage.ChainedSeriesMerge)
	}
	b, n := []byte{'['}, 0
	for ; set.Next(); n++ {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if s.limit > 0 && n == s.limit {
			notes := set.Warnings()
			return append(b, ']'), notes.Add(errTruncated), nil
		}
		if n > 0 {
			b = append(b, ',')
		}
		b = appendLabels(b, set.At().Labels())
	}
	return append(b, ']'), set.Warnings(), set.Err()
}

// lookup is LabelNames or LabelValues of a querier, bound to its arguments.
type lookup func(ctx context.Context, q storage.Querier, hints *storage.LabelHints, m []*labels.Matcher) ([]string, annotations.Annotations, error)

func (a *api) labelNames(r *http.Request) (answer, error) {
	return a.words(r, func(ctx context.Context, q storage.Querier, h *storage.LabelHints, m []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return q.LabelNames(ctx, h, m...)
	})
}

func (a *api) labelValues(r *http.Request) (answer, error) {
	name := r.PathValue("name")
	if strings.HasPrefix(name, "U__") { // how clients write names that a path cannot hold
		name = model.UnescapeName(name, model.ValueEncodingEscaping)
	}
	if !model.UTF8Validation.IsValidLabelName(name) {
		return answer{}, apiError{"bad_data", fmt.Errorf("invalid label name: %q", name)}
	}
	return a.words(r, func(ctx context.Context, q storage.Querier, h *storage.LabelHints, m []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return q.LabelValues(ctx, name, h, m...)
	})
}

// words looks up names or values for each set of matchers and merges them.
func (a *api) words(r *http.Request, look lookup) (out answer, err error) {
	s, err := a.selection(r)
	if _, typed := errors.AsType[apiError](err); err != nil && !typed {
		err = apiError{"bad_data", err}
	}
	if err != nil {
		return out, err
	}
	if len(s.matchers) == 0 {
		s.matchers = [][]*labels.Matcher{nil}
	}
	found := make(map[string]struct{})
	err = a.db.withQuerier(r.Context(), s.mint, s.maxt, func(ctx context.Context, q storage.Querier) error {
		for _, m := range s.matchers {
			list, notes, err := look(ctx, q, &storage.LabelHints{Limit: s.hintLimit()}, m)
			if err != nil {
				return err
			}
			out.notes.Merge(notes)
			for _, w := range list {
				found[strings.Clone(w)] = struct{}{} // the library's string lies in a mapped file
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	list := slices.AppendSeq(make([]string, 0, len(found)), maps.Keys(found))
	slices.Sort(list)
	if s.limit > 0 && len(list) > s.limit {
		list = list[:s.limit]
		out.notes = out.notes.Add(errTruncated)
	}
	return asJSON(list, out.notes)
}

func asJSON(v any, notes annotations.Annotations) (answer, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return answer{}, fmt.Errorf("encode answer: %w", err)
	}
	return answer{data, notes}, nil
}
