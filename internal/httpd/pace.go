package httpd

import (
	"io"
	"net/http"
	"time"
)

// pace wraps a request so that a slow peer is cut, by deadlines that move on
// with progress: a fixed time for the whole would cut long uploads and event
// streams. HTTP/2 has its own rule for writing (a deadline of a stream there
// fires even when nothing is written).
func (s *Server) pace(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, io.ReadCloser) {
	rc := http.NewResponseController(w)
	var body io.ReadCloser
	if r.Body != nil && r.Body != http.NoBody {
		body = &pacedBody{ReadCloser: r.Body, rc: rc, start: time.Now(), limits: s.limits}
	}
	if r.ProtoMajor == 1 {
		w = &pacedWriter{ResponseWriter: w, rc: rc, stall: s.limits.writeStall}
	}
	return w, body
}

// pacedBody is cut when it comes slower than limits.bodyRate for long.
type pacedBody struct {
	io.ReadCloser
	rc     *http.ResponseController
	start  time.Time
	got    int64
	limits limits
}

// Read reads within the deadline that what came so far has earned.
func (b *pacedBody) Read(p []byte) (int, error) {
	earned := time.Duration(b.got) * time.Second / time.Duration(b.limits.bodyRate)
	// An unsupported deadline (a test's recorder) leaves the request unpaced.
	_ = b.rc.SetReadDeadline(b.start.Add(b.limits.bodyGrace + earned))
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	if err == io.EOF {
		// Else it would end the request's context in the middle of the answer.
		_ = b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

// pacedWriter gives each write its own deadline.
type pacedWriter struct {
	http.ResponseWriter
	rc    *http.ResponseController
	stall time.Duration
}

// Write writes within the stall time.
func (w *pacedWriter) Write(p []byte) (int, error) {
	_ = w.rc.SetWriteDeadline(time.Now().Add(w.stall))
	return w.ResponseWriter.Write(p)
}

// WriteHeader sends the header within the stall time, also of an empty answer.
func (w *pacedWriter) WriteHeader(status int) {
	_ = w.rc.SetWriteDeadline(time.Now().Add(w.stall))
	w.ResponseWriter.WriteHeader(status)
}

// Flush implements http.Flusher for handlers that ask for it by type.
func (w *pacedWriter) Flush() {
	_ = w.rc.SetWriteDeadline(time.Now().Add(w.stall))
	_ = w.rc.Flush()
}

// Unwrap is for http.ResponseController.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
