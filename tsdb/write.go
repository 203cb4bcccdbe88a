package tsdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/golang/snappy"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"monitord/internal/logkeys"
)

// Limits of a remote write request. Prometheus sends 2,000 samples (200 KB
// decoded) a request, our probe's spool at most 1 MB.
const (
	maxCompressed = 8 << 20
	maxDecoded    = 32 << 20
	// maxExpanded bounds the memory of the decoded message, see scan.go.
	maxExpanded = 128 << 20
	// maxReading and maxWorking bound how many requests are read from the network
	// and how many are decoded and stored at the same time.
	maxReading = 64
	maxWorking = 4
	// readDeadline is the time for a body; the server's own time-outs cover the head.
	readDeadline = 30 * time.Second
	retryAfter   = "5"
)

// Sender is who sends, and for whom.
type Sender struct {
	// Host is whom it speaks for; empty for any host.
	Host string
	// Also are further hosts that it speaks for, because it polls them; may be nil,
	// not to be changed.
	Also map[string]bool
	// Revision is another one whenever Also is: what is remembered of a sender's
	// series counts for one revision.
	Revision string
}

// key names what is remembered of the sender's series.
func (s Sender) key() string {
	if s.Revision == "" {
		return s.Host
	}
	return s.Host + "\x00" + s.Revision
}

// Gate decides who sends. An error refuses the request with 401.
type Gate func(r *http.Request) (Sender, error)

// WriteHandler accepts Prometheus remote write 1.0 and 2.0. It does not wrap the
// library's handler: that one drops a whole 1.0 request for one bad sample.
//
// 2xx: everything is stored and synced. 400: something was refused for ever, the
// rest is stored and synced; the text counts the reasons. 403: a series of
// another host, nothing stored. 408, 413, 415: too slow, too large, not remote
// write. 503 with
// Retry-After: disk full, log not writable or too busy; nothing is acknowledged.
// gate may be nil.
func (db *DB) WriteHandler(gate Gate) http.Handler {
	if gate == nil {
		gate = func(*http.Request) (Sender, error) { return Sender{}, nil }
	}
	return &writeHandler{db: db, gate: gate, deadline: readDeadline,
		reading: make(chan struct{}, maxReading), working: make(chan struct{}, maxWorking)}
}

type writeHandler struct {
	db       *DB
	gate     Gate
	deadline time.Duration
	reading  chan struct{}
	working  chan struct{}
	bodies   sync.Pool // *bytes.Buffer: compressed bodies
	decoded  sync.Pool // *[]byte: decoded messages
}

// ServeHTTP implements http.Handler.
func (h *writeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	stats, err := h.serve(w, r)
	code := http.StatusNoContent
	if err != nil {
		code = statusOf(err)
	}
	h.db.metrics.requests.WithLabelValues(strconv.Itoa(code)).Inc()
	stats.header(w.Header())
	if err == nil {
		w.WriteHeader(code)
		return
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	h.db.log.Debug("remote write", logkeys.Addr, r.RemoteAddr, logkeys.Err, err)
	http.Error(w, err.Error(), code)
}

// refusal is an error of the request with its HTTP status.
type refusal struct {
	code int
	error
}

// Unwrap gives the cause.
func (r refusal) Unwrap() error { return r.error }

func refusef(code int, format string, args ...any) error {
	return refusal{code, fmt.Errorf(format, args...)}
}

func statusOf(err error) int {
	if r, ok := errors.AsType[refusal](err); ok {
		return r.code
	}
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return http.StatusBadRequest
	}
	if errors.Is(err, ErrOtherHost) {
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

func (h *writeHandler) serve(w http.ResponseWriter, r *http.Request) (written, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return written{}, refusef(http.StatusMethodNotAllowed, "remote write is a POST")
	}
	from, err := h.gate(r)
	if err != nil {
		return written{}, refusal{http.StatusUnauthorized, err}
	}
	version, err := protocol(r.Header)
	if err != nil {
		return written{}, err
	}
	// Before the body is read: a full store should cost the sender little.
	if !h.db.checkSpace() {
		h.db.metrics.refusedFull.Inc()
		return written{}, ErrFull
	}
	body, err := h.read(w, r)
	if body != nil {
		defer h.bodies.Put(body)
	}
	if err != nil {
		return written{}, err
	}
	return h.store(r, version, from, body.Bytes())
}

// protocol tells 1.0 from 2.0 by the content type, and refuses everything else:
// a browser can only send other types without asking first.
func protocol(head http.Header) (version int, err error) {
	mt, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil || mt != "application/x-protobuf" {
		return 0, refusef(http.StatusUnsupportedMediaType, "content type %q (want application/x-protobuf)", head.Get("Content-Type"))
	}
	if enc := head.Get("Content-Encoding"); enc != "" && enc != "snappy" {
		return 0, refusef(http.StatusUnsupportedMediaType, "content encoding %q (want snappy)", enc)
	}
	switch params["proto"] {
	case "", "prometheus.WriteRequest":
		return 1, nil
	case "io.prometheus.write.v2.Request":
		return 2, nil
	}
	return 0, refusef(http.StatusUnsupportedMediaType, "message %q (want prometheus.WriteRequest or io.prometheus.write.v2.Request)", params["proto"])
}

// read takes the body off the network, bounded in size, time and number.
func (h *writeHandler) read(w http.ResponseWriter, r *http.Request) (*bytes.Buffer, error) {
	if r.ContentLength > maxCompressed {
		return nil, refusef(http.StatusRequestEntityTooLarge, "body of %d bytes (want at most %d)", r.ContentLength, maxCompressed)
	}
	if !h.enter(r, h.reading) {
		return nil, h.busy()
	}
	defer func() { <-h.reading }()
	// Servers made for tests have no deadline to set; the limit of readers remains.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.deadline))
	buf, ok := h.bodies.Get().(*bytes.Buffer)
	if !ok {
		buf = new(bytes.Buffer)
	}
	buf.Reset()
	_, err := buf.ReadFrom(io.LimitReader(r.Body, maxCompressed+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return buf, refusef(http.StatusRequestTimeout, "the body did not come within %v", h.deadline)
	}
	if err != nil {
		return buf, refusef(http.StatusBadRequest, "read body: %w", err)
	}
	// For the next request on this connection.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	if buf.Len() > maxCompressed {
		return buf, refusef(http.StatusRequestEntityTooLarge, "body of more than %d bytes", maxCompressed)
	}
	return buf, nil
}

// busyWait is how long a request waits for its turn before it is sent away.
const busyWait = 10 * time.Second

func (h *writeHandler) enter(r *http.Request, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
	}
	t := time.NewTimer(busyWait)
	defer t.Stop()
	select {
	case places <- struct{}{}:
		return true
	case <-t.C:
	case <-r.Context().Done():
	}
	return false
}

func (h *writeHandler) busy() error {
	h.db.metrics.busy.Inc()
	return refusef(http.StatusServiceUnavailable, "too many requests at once")
}

// store decodes and stores one message. The working place is given back before
// the wait for the sync, so that many senders share one.
func (h *writeHandler) store(r *http.Request, version int, from Sender, body []byte) (written, error) {
	if !h.enter(r, h.working) {
		return written{}, h.busy()
	}
	in := intake{db: h.db, from: from}
	err := func() error {
		defer func() { <-h.working }()
		return h.decode(r, &in, version, body)
	}()
	if err == nil {
		err = in.batch.commit()
	} else if in.batch != nil {
		err = in.batch.abort(err)
	}
	if _, partial := errors.AsType[*RefusedError](err); err == nil || partial {
		in.batch.gen.known.learn(from.key(), in.learned, h.db.opts.Now())
	} else {
		in.written = written{}
	}
	if version == 1 {
		return written{}, err
	}
	in.written.version2 = true
	return in.written, err
}

func (h *writeHandler) decode(r *http.Request, in *intake, version int, body []byte) error {
	buf, _ := h.decoded.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer h.decoded.Put(buf)
	msg, err := unpack((*buf)[:cap(*buf)], body)
	if err != nil {
		return err
	}
	*buf = msg
	if version == 2 {
		if err := checkMessage(2, msg); err != nil {
			return err
		}
	}
	if in.batch, err = h.db.begin(r.Context(), in.from.Host); err != nil {
		return err
	}
	if version == 1 {
		return in.stream1(msg)
	}
	var req writev2.Request
	if err := req.Unmarshal(msg); err != nil {
		return refusef(http.StatusBadRequest, "decode remote write 2.0: %w", err)
	}
	return in.v2(&req)
}

// unpack decodes a snappy block into buf. The declared length is checked before
// anything is allocated.
func unpack(buf, body []byte) ([]byte, error) {
	n, err := snappy.DecodedLen(body)
	if err != nil {
		return nil, refusef(http.StatusBadRequest, "decode snappy: %w", err)
	}
	if n > maxDecoded {
		return nil, refusef(http.StatusRequestEntityTooLarge, "declared length of %d bytes (want at most %d)", n, maxDecoded)
	}
	msg, err := snappy.Decode(buf, body)
	if err != nil {
		return nil, refusef(http.StatusBadRequest, "decode snappy: %w", err)
	}
	return msg, nil
}
