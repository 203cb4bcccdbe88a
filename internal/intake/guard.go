package intake

import (
	"context"
	"crypto/x509"
	"net/http"
	"strconv"
	"time"

	"monitord/internal/logkeys"
)

type hostKey struct{}

// HostFrom tells which host a request speaks for, as its certificate says.
func HostFrom(ctx context.Context) (host string, ok bool) {
	host, ok = ctx.Value(hostKey{}).(string)
	return host, ok
}

// WithHost marks a context as speaking for a host, as the intake does; for tests
// and for those who write on a probe's behalf.
func WithHost(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, hostKey{}, host)
}

// known lets through who has a certificate that counts, and notes it.
func (in *Intake) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil {
			in.refuse(w, http.StatusUnauthorized, "no_tls", "this path wants TLS with a client certificate")
			return
		}
		host, err := in.deps.Authority.VerifyPeer(*r.TLS)
		if err != nil {
			in.log.Debug("peer refused", logkeys.Addr, r.RemoteAddr, logkeys.Err, err)
			in.refuse(w, http.StatusUnauthorized, "certificate", err.Error())
			return
		}
		in.seen(host, r, leafOf(r))
		next.ServeHTTP(w, r.WithContext(WithHost(r.Context(), host)))
	})
}

func leafOf(r *http.Request) *x509.Certificate {
	if len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

// slot bounds how many requests are at work, how long a body may take and how
// long it may be.
func (in *Intake) slot(slots chan struct{}, limit int64, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			in.busy(w)
			return
		}
		rc := http.NewResponseController(w)
		// Not every ResponseWriter (a test's recorder) has deadlines; the server's has.
		_ = rc.SetReadDeadline(time.Now().Add(in.bodyTimeout))
		_ = rc.SetWriteDeadline(time.Now().Add(2 * in.bodyTimeout))
		if r.ContentLength > limit {
			in.refuse(w, http.StatusRequestEntityTooLarge, "size", "body of "+strconv.FormatInt(r.ContentLength, 10)+" bytes; at most "+strconv.FormatInt(limit, 10))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next(w, r)
		// The deadline of reading stays: the server reads what is left of a body
		// before it answers, and sets a new one for the next request.
		_ = rc.SetWriteDeadline(time.Time{})
	})
}

func (in *Intake) busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	in.refuse(w, http.StatusServiceUnavailable, "busy", "too many requests at work; come back")
}

func (in *Intake) refuse(w http.ResponseWriter, status int, reason, why string) {
	in.m.refused.WithLabelValues(reason).Inc()
	http.Error(w, why, status)
}
