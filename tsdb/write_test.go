package tsdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
)

const (
	typeV1 = "application/x-protobuf"
	typeV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
)

// sample of a message: labels as name, value, …
type item struct {
	labels []string
	at     time.Time
	v      float64
}

func encodeV1(items ...item) []byte {
	var req prompb.WriteRequest
	for _, it := range items {
		ts := prompb.TimeSeries{Samples: []prompb.Sample{{Timestamp: it.at.UnixMilli(), Value: it.v}}}
		for i := 0; i < len(it.labels); i += 2 {
			ts.Labels = append(ts.Labels, prompb.Label{Name: it.labels[i], Value: it.labels[i+1]})
		}
		req.Timeseries = append(req.Timeseries, ts)
	}
	b, err := req.Marshal()
	if err != nil {
		panic(err)
	}
	return b
}

func encodeV2(items ...item) []byte {
	symbols := writev2.NewSymbolTable()
	var req writev2.Request
	for _, it := range items {
		ts := writev2.TimeSeries{Samples: []writev2.Sample{{Timestamp: it.at.UnixMilli(), Value: it.v}}}
		for _, l := range it.labels {
			ts.LabelsRefs = append(ts.LabelsRefs, symbols.Symbolize(l))
		}
		req.Timeseries = append(req.Timeseries, ts)
	}
	req.Symbols = symbols.Symbols()
	b, err := req.Marshal()
	if err != nil {
		panic(err)
	}
	return b
}

func post(h http.Handler, contentType string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/write", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Content-Encoding", "snappy")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// versions runs a test with both messages.
func versions(t *testing.T, f func(t *testing.T, contentType string, encode func(...item) []byte)) {
	t.Run("1.0", func(t *testing.T) { f(t, typeV1, encodeV1) })
	t.Run("2.0", func(t *testing.T) { f(t, typeV2, encodeV2) })
}

func TestRemoteWriteStoresAndARepeatIsAccepted(t *testing.T) {
	versions(t, func(t *testing.T, ct string, encode func(...item) []byte) {
		at := now()
		db := openTest(t, testOptions(t.TempDir()))
		h := db.WriteHandler(nil)
		body := snappy.Encode(nil, encode(
			item{[]string{"__name__", "m", "a", "1"}, at.Add(-time.Minute), 1},
			item{[]string{"__name__", "m", "a", "1"}, at, 2},
			item{[]string{"__name__", "m", "a", "2"}, at, 3}))
		for range 2 {
			w := post(h, ct, body)
			if w.Code != http.StatusNoContent {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if ct == typeV2 && w.Header().Get("X-Prometheus-Remote-Write-Samples-Written") != "3" {
				t.Errorf("head %v", w.Header())
			}
		}
		if v, _ := value(t, db, "sum(count_over_time(m[5m]))", at); v != 3 {
			t.Errorf("%v samples, want 3", v)
		}
	})
}

func TestRemoteWriteOfABadSampleStoresTheOthers(t *testing.T) {
	versions(t, func(t *testing.T, ct string, encode func(...item) []byte) {
		at := now()
		opts := testOptions(t.TempDir())
		var clock string
		opts.OnClock = func(host string, ahead time.Duration) { clock = host }
		db := openTest(t, opts)
		h := db.WriteHandler(nil)
		if err := db.Append(context.Background(), []Sample{{metric("__name__", "m"), at.UnixMilli(), 1}}); err != nil {
			t.Fatal(err)
		}
		w := post(h, ct, snappy.Encode(nil, encode(
			item{[]string{"__name__", "m", "host", "db1"}, at.Add(time.Hour), 1},
			item{[]string{"__name__", "m"}, at.Add(-26 * time.Hour), 1},
			item{[]string{"a", "no name"}, at, 1},
			item{[]string{"__name__", "good"}, at, 5})))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "3 samples refused (invalid 1, too_far_ahead 1, too_old 1)") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if ct == typeV2 && w.Header().Get("X-Prometheus-Remote-Write-Samples-Written") != "1" {
			t.Errorf("head %v", w.Header())
		}
		if v, ok := value(t, db, "good", at); !ok || v != 5 {
			t.Errorf("good: %v %v", v, ok)
		}
		if clock != "db1" {
			t.Errorf("clock of %q, want db1", clock)
		}
		if n := testutil.ToFloat64(db.metrics.refused.WithLabelValues("too_far_ahead")); n != 1 {
			t.Errorf("counted %v", n)
		}
	})
}

func TestAProbeSpeaksOnlyForItsHost(t *testing.T) {
	versions(t, func(t *testing.T, ct string, encode func(...item) []byte) {
		at := now()
		db := openTest(t, testOptions(t.TempDir()))
		h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{Host: "web1"}, nil })
		w := post(h, ct, snappy.Encode(nil, encode(
			item{[]string{"__name__", "m", "z", "1"}, at, 1},
			item{[]string{"__name__", "m", "host", "web1", "z", "2"}, at, 2})))
		if w.Code != http.StatusNoContent {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if v, _ := value(t, db, `count(m{host="web1"})`, at); v != 2 {
			t.Errorf("%v series of web1, want 2", v)
		}
		w = post(h, ct, snappy.Encode(nil, encode(
			item{[]string{"__name__", "n"}, at, 1},
			item{[]string{"__name__", "n", "host", "db1"}, at, 2})))
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"web1"`) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if v, ok := value(t, db, "count(n)", at); ok {
			t.Errorf("%v series of the refused message are stored", v)
		}
	})
}

// A probe also speaks for what it polls, as long as it does: what is remembered
// of its series does not outlive that.
func TestAProbeSpeaksForWhatItPolls(t *testing.T) {
	versions(t, func(t *testing.T, ct string, encode func(...item) []byte) {
		at := now()
		db := openTest(t, testOptions(t.TempDir()))
		from := Sender{Host: "gw1", Also: map[string]bool{"sw1": true}, Revision: "1"}
		h := db.WriteHandler(func(*http.Request) (Sender, error) { return from, nil })
		message := func(at time.Time, v float64) []byte {
			return snappy.Encode(nil, encode(item{[]string{"__name__", "m", "host", "sw1"}, at, v}))
		}
		for i := range 2 { // the second time it is known
			if w := post(h, ct, message(at.Add(time.Duration(i-2)*time.Second), 1)); w.Code != http.StatusNoContent {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		from = Sender{Host: "gw1"}
		if w := post(h, ct, message(at, 9)); w.Code != http.StatusForbidden {
			t.Errorf("%d %s, want 403: another probe polls sw1 now", w.Code, w.Body)
		}
		if v, _ := value(t, db, `m{host="sw1"}`, at); v != 1 {
			t.Errorf("value %v, want 1", v)
		}
	})
}

func TestBadRequestsAreRefusedWithTheRightStatus(t *testing.T) {
	db := openTest(t, testOptions(t.TempDir()))
	h := db.WriteHandler(nil)
	good := encodeV1(item{[]string{"__name__", "m"}, now(), 1})
	bomb := binary.AppendUvarint(nil, 1<<31)
	empties := bytes.Repeat([]byte{0x0a, 0x00}, 8<<20)
	for name, c := range map[string]struct {
		ct   string
		body []byte
		code int
		text string
	}{
		"form":            {"application/x-www-form-urlencoded", nil, 415, "content type"},
		"unknown message": {typeV1 + ";proto=x.Y", nil, 415, "x.Y"},
		"empty":           {typeV1, nil, 400, "snappy"},
		"not snappy":      {typeV1, []byte("hello"), 400, "snappy"},
		"truncated":       {typeV1, snappy.Encode(nil, good)[:10], 400, "snappy"},
		"cut message":     {typeV1, snappy.Encode(nil, good[:len(good)-3]), 400, "well-formed"},
		"not a message":   {typeV1, snappy.Encode(nil, []byte("hello, world")), 400, "decode"},
		"declared bomb":   {typeV1, append(bomb, 0), 413, "declared length"},
		"bomb":            {typeV1, snappy.Encode(nil, make([]byte, maxDecoded+1)), 413, "declared length"},
		"empty series":    {typeV1, snappy.Encode(nil, empties), 413, "memory"},
		"large":           {typeV1, make([]byte, maxCompressed+1), 413, "bytes"},
		"1.0 as 2.0":      {typeV2, snappy.Encode(nil, good), 400, "other version"},
		"2.0 as 1.0":      {typeV1, snappy.Encode(nil, encodeV2(item{[]string{"__name__", "m"}, now(), 1})), 400, "other version"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(h, c.ct, c.body)
			if w.Code != c.code || !strings.Contains(w.Body.String(), c.text) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, c.code, c.text)
			}
		})
	}
	if n := db.gen.db.Head().NumSeries(); n != 0 {
		t.Errorf("%d series stored", n)
	}
}

func TestAFullDiskAnswers503AndWhenToComeBack(t *testing.T) {
	opts := testOptions(t.TempDir())
	db := openTest(t, opts)
	db.opts.MinFreeBytes = 1 << 62
	w := post(db.WriteHandler(nil), typeV1, snappy.Encode(nil, encodeV1(item{[]string{"__name__", "m"}, now(), 1})))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestTheGateRefusesStrangers(t *testing.T) {
	db := openTest(t, testOptions(t.TempDir()))
	h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{}, errors.New("no certificate") })
	if w := post(h, typeV1, nil); w.Code != http.StatusUnauthorized {
		t.Fatalf("%d", w.Code)
	}
}

func TestAClientThatNeverSendsItsBodyIsCutOff(t *testing.T) {
	db := openTest(t, testOptions(t.TempDir()))
	h := db.WriteHandler(nil).(*writeHandler)
	h.deadline = 50 * time.Millisecond
	srv := httptest.NewServer(h)
	defer srv.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nx"))
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 64)
	n, err := conn.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 408") {
		t.Fatalf("%q %v", buf[:n], err)
	}
}

func FuzzRemoteWrite(f *testing.F) {
	db, err := Open(testOptions(f.TempDir()))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{Host: "web1"}, nil })
	at := now()
	one := item{[]string{"__name__", "m", "a", "1"}, at, 1}
	f.Add(true, encodeV1(one, one))
	f.Add(false, encodeV2(one, one))
	f.Add(true, []byte{0x0a, 0x00})
	f.Add(false, []byte{0x2a, 0x02, 0x0a, 0x00})
	f.Fuzz(func(t *testing.T, first bool, msg []byte) {
		ct := typeV2
		if first {
			ct = typeV1
		}
		w := post(h, ct, snappy.Encode(nil, msg))
		switch w.Code {
		case 204, 400, 403, 413:
		default:
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		var req prompb.WriteRequest
		if first && w.Code == 204 && req.Unmarshal(msg) != nil {
			t.Fatal("stored, but the library's decoder refuses it")
		}
	})
}

// What the scan lets through, the decoder may still refuse; what it refuses as
// malformed, the decoder must refuse too.
func FuzzScanAgreesWithDecoder(f *testing.F) {
	one := item{[]string{"__name__", "m", "a", "1"}, now(), 1}
	f.Add(encodeV1(one), encodeV2(one))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var v1 prompb.WriteRequest
		if err := checkMessage(1, one); errors.Is(err, errMalformed) && v1.Unmarshal(one) == nil {
			t.Errorf("1.0 refused: %v", err)
		}
		var v2 writev2.Request
		if err := checkMessage(2, two); errors.Is(err, errMalformed) && v2.Unmarshal(two) == nil {
			t.Errorf("2.0 refused: %v", err)
		}
	})
}

func FuzzSnappyBlock(f *testing.F) {
	f.Add(snappy.Encode(nil, []byte("hello hello hello")))
	f.Add(binary.AppendUvarint(nil, 1<<31))
	f.Fuzz(func(t *testing.T, body []byte) {
		msg, err := unpack(nil, body)
		if err == nil && len(msg) > maxDecoded {
			t.Fatalf("%d bytes", len(msg))
		}
	})
}
