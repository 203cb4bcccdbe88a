package tsdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// The answers of a query can be megabytes: they are written by hand, in the
// shapes of https://prometheus.io/docs/prometheus/latest/querying/api/.

// appendValue writes the result of a query with its type.
func appendValue(b []byte, v parser.Value) ([]byte, error) {
	b = append(b, `{"resultType":"`...)
	b = append(b, v.Type()...)
	b = append(b, `","result":`...)
	switch v := v.(type) {
	case promql.Scalar:
		b = appendPoint(b, v.T, v.V)
	case promql.String:
		text, err := json.Marshal(v.V)
		if err != nil {
			return b, fmt.Errorf("encode string: %w", err)
		}
		b = append(appendTime(append(b, '['), v.T), ',')
		b = append(append(b, text...), ']')
	case promql.Vector:
		b = appendList(b, v, appendSample)
	case promql.Matrix:
		b = appendList(b, v, appendSeries)
	default:
		return b, errors.New("unknown type of result")
	}
	return append(b, '}'), nil
}

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, v)
	}
	return append(b, ']')
}

func appendSample(b []byte, s promql.Sample) []byte {
	b = appendLabels(append(b, `{"metric":`...), s.Metric)
	if s.H != nil {
		b = appendHistogramPoint(append(b, `,"histogram":`...), promql.HPoint{T: s.T, H: s.H})
	} else {
		b = appendPoint(append(b, `,"value":`...), s.T, s.F)
	}
	return append(b, '}')
}

func appendSeries(b []byte, s promql.Series) []byte {
	b = appendLabels(append(b, `{"metric":`...), s.Metric)
	if len(s.Floats) > 0 {
		b = appendList(append(b, `,"values":`...), s.Floats, func(b []byte, p promql.FPoint) []byte { return appendPoint(b, p.T, p.F) })
	}
	if len(s.Histograms) > 0 {
		b = appendList(append(b, `,"histograms":`...), s.Histograms, appendHistogramPoint)
	}
	return append(b, '}')
}

func appendLabels(b []byte, l labels.Labels) []byte {
	b = append(b, '{')
	first := true
	l.Range(func(l labels.Label) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(append(appendString(b, l.Name), ':'), l.Value)
	})
	return append(b, '}')
}

// appendString quotes; the usual label needs no escaping.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			text, err := json.Marshal(s)
			if err != nil { // a string always encodes
				return append(b, `""`...)
			}
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendPoint(b []byte, t int64, v float64) []byte {
	b = appendTime(append(b, '['), t)
	return append(appendFloat(append(b, ','), v), ']')
}

// appendTime writes milliseconds as seconds with up to three decimals.
func appendTime(b []byte, t int64) []byte {
	if t < 0 {
		b, t = append(b, '-'), -t
	}
	b = strconv.AppendInt(b, t/1000, 10)
	if ms := t % 1000; ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

// appendFloat quotes the shortest text that gives the same number back.
func appendFloat(b []byte, v float64) []byte {
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return append(strconv.AppendFloat(append(b, '"'), v, format, -1, 64), '"')
}

func appendHistogramPoint(b []byte, p promql.HPoint) []byte {
	b = appendTime(append(b, '['), p.T)
	b = appendFloat(append(b, `,{"count":`...), p.H.Count)
	b = appendFloat(append(b, `,"sum":`...), p.H.Sum)
	first := true
	for it := p.H.AllBucketIterator(); it.Next(); {
		bucket := it.At()
		if bucket.Count == 0 {
			continue
		}
		if first {
			b = append(b, `,"buckets":[`...)
		} else {
			b = append(b, ',')
		}
		first = false
		b = appendBucket(b, bucket)
	}
	if !first {
		b = append(b, ']')
	}
	return append(b, '}', ']')
}

func appendBucket(b []byte, k histogram.Bucket[float64]) []byte {
	// 0: (lower, upper]  1: [lower, upper)  2: (lower, upper)  3: [lower, upper]
	bounds := byte('2')
	switch {
	case k.LowerInclusive && k.UpperInclusive:
		bounds = '3'
	case k.LowerInclusive:
		bounds = '1'
	case k.UpperInclusive:
		bounds = '0'
	}
	b = appendFloat(append(b, '[', bounds, ','), k.Lower)
	b = appendFloat(append(b, ','), k.Upper)
	return append(appendFloat(append(b, ','), k.Count), ']')
}
