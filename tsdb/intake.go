package tsdb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"github.com/prometheus/prometheus/storage"
)

// hostLabel is the label that a sender with an identity may not choose.
const hostLabel = "host"

// written counts what was stored, for the answer's head. Source: Prometheus
// Remote-Write 2.0 specification, "Required Written Response Headers".
type written struct {
	version2            bool
	samples, histograms int
}

func (s written) header(h http.Header) {
	if !s.version2 {
		return
	}
	h.Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(s.samples))
	h.Set("X-Prometheus-Remote-Write-Histograms-Written", strconv.Itoa(s.histograms))
	h.Set("X-Prometheus-Remote-Write-Exemplars-Written", "0") // exemplars are not kept
}

// intake brings one message into a batch.
type intake struct {
	db      *DB
	from    Sender
	batch   *batch
	written written
	scratch labels.ScratchBuilder
	builder *labels.Builder

	// Of a 1.0 message, see stream.go.
	ts       prompb.TimeSeries // the series being decoded, its room used again
	samples  []prompb.Sample   // of the series being decoded
	learned  []learned         // for the next messages, once this one is committed
	metadata []prompb.MetricMetadata
}

// samples1 appends the samples of a 1.0 series and returns its reference; 0 when
// none was stored.
func (in *intake) samples1(l labels.Labels, ts *prompb.TimeSeries) (ref storage.SeriesRef, err error) {
	for _, s := range ts.Samples {
		if ref, err = in.batch.float(ref, l, s.Timestamp, s.Value); err != nil {
			return 0, err
		}
	}
	for i := range ts.Histograms {
		h := &ts.Histograms[i]
		if h.IsFloatHistogram() {
			ref, err = in.batch.histogram(ref, l, h.Timestamp, nil, h.ToFloatHistogram())
		} else {
			ref, err = in.batch.histogram(ref, l, h.Timestamp, h.ToIntHistogram(), nil)
		}
		if err != nil {
			return 0, err
		}
	}
	return ref, nil
}

func (in *intake) v2(req *writev2.Request) error {
	for i := range req.Timeseries {
		ts := &req.Timeseries[i]
		l, err := ts.ToLabels(&in.scratch, req.Symbols)
		if err != nil {
			in.refuse(len(ts.Samples)+len(ts.Histograms), labels.EmptyLabels(), err)
			continue
		}
		l, ok, err := in.series(l, len(ts.Samples)+len(ts.Histograms))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := in.samples2(l, ts); err != nil {
			return err
		}
		if md, err := ts.ToMetadata(req.Symbols); err == nil {
			in.db.words.set(l.Get(model.MetricNameLabel), Metadata{Type: string(md.Type), Help: md.Help, Unit: md.Unit})
		}
	}
	return nil
}

func (in *intake) samples2(l labels.Labels, ts *writev2.TimeSeries) (err error) {
	if len(ts.Samples)+len(ts.Histograms) == 0 {
		in.refuse(1, l, fmt.Errorf("%w: a series without samples", ErrInvalid))
	}
	var ref storage.SeriesRef
	before := in.batch.stored
	for _, s := range ts.Samples {
		if ref, err = in.batch.float(ref, l, s.Timestamp, s.Value); err != nil {
			return err
		}
	}
	in.written.samples += in.batch.stored - before
	before = in.batch.stored
	for i := range ts.Histograms {
		h := &ts.Histograms[i]
		if h.IsFloatHistogram() {
			ref, err = in.batch.histogram(ref, l, h.Timestamp, nil, h.ToFloatHistogram())
		} else {
			ref, err = in.batch.histogram(ref, l, h.Timestamp, h.ToIntHistogram(), nil)
		}
		if err != nil {
			return err
		}
	}
	in.written.histograms += in.batch.stored - before
	return nil
}

// series checks the labels and sets the sender's host. ok is false when the n
// samples of the series are refused; an error refuses the whole message.
func (in *intake) series(l labels.Labels, n int) (_ labels.Labels, ok bool, err error) {
	if err := checkLabels(l); err != nil {
		in.refuse(n, l, err)
		return l, false, nil
	}
	if in.from.Host == "" {
		return l, true, nil
	}
	switch got := l.Get(hostLabel); {
	case got == in.from.Host, in.from.Also[got]:
		return l, true, nil
	case got == "":
		if in.builder == nil {
			in.builder = labels.NewBuilder(l)
		}
		in.builder.Reset(l)
		in.builder.Set(hostLabel, in.from.Host)
		return in.builder.Labels(), true, nil
	default:
		in.batch.refuse(ReasonOtherHost, l, ErrOtherHost)
		return l, false, fmt.Errorf("%w: this sender speaks for %q, the message has %s; nothing is stored", ErrOtherHost, in.from.Host, l)
	}
}

func (in *intake) refuse(n int, l labels.Labels, err error) {
	for range n {
		in.batch.refuse(ReasonInvalid, l, err)
	}
}

// typeName turns GAUGEHISTOGRAM into gaugehistogram.
func typeName(s string) string { return strings.ToLower(s) }
