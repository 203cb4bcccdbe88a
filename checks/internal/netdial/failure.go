package netdial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// Error is a failure in a named phase.
type Error struct {
	Phase string
	Peer  string // host, or host:port
	Err   error
}

// Error writes phase, peer and cause.
func (e *Error) Error() string { return e.Phase + " " + e.Peer + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Verdict is an error that knows its reason and its sentence: what a peer said
// is wrong, as the check that understands it says.
type Verdict struct {
	Reason  checks.Reason
	Summary text.Message
}

// Error names the reason and the sentence's ID.
func (v *Verdict) Error() string { return string(v.Reason) + ": " + v.Summary.ID }

// IsTimeout reports whether err means that time ran out.
func IsTimeout(err error) bool {
	var ne net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &ne) && ne.Timeout()
}

// Ours reports whether err is a fault of this machine, not of the peer: it
// makes the result UNKNOWN. No descriptors, no memory, no local port.
func Ours(err error) bool {
	for _, no := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// Result turns a failure into a result. The last of p's phases is the one that
// failed or hung.
func Result(p *Phases, err error) checks.Result {
	phase, peer := p.Current(), ""
	if e, ok := errors.AsType[*Error](err); ok {
		phase, peer = e.Phase, e.Peer
	}
	r := checks.Result{State: checks.Critical, Phases: p.Seal()}
	verdict, judged := errors.AsType[*Verdict](err)
	switch {
	case judged:
		r.Reason, r.Summary = verdict.Reason, verdict.Summary
	case Ours(err):
		r.State, r.Reason = checks.Unknown, checks.ReasonInternal
		r.Summary = text.M("check.ours", text.Str("detail", err.Error()))
	case IsTimeout(err):
		r.Reason = checks.ReasonTimeout
		r.Summary = text.M("check.timeout", text.Str("peer", peer), text.Sub("phase", PhaseWord(phase)), text.Dur("took", total(r.Phases)))
	case phase == PhaseDNS:
		r.Reason, r.Summary = checks.ReasonDNS, dnsMessage(peer, err)
	case phase == PhaseTLS:
		r.Reason, r.Summary = checks.ReasonTLS, tlsMessage(peer, err)
	case phase == PhaseConnect || isReset(err) || errors.Is(err, syscall.ECONNREFUSED): // also of a second connection
		r.Reason, r.Summary = checks.ReasonConnect, connectMessage(peer, err)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		r.Reason = checks.ReasonProtocol
		r.Summary = text.M("check.closed", text.Str("peer", peer), text.Sub("phase", PhaseWord(phase)))
	default:
		r.Reason = checks.ReasonProtocol
		r.Summary = text.M("check.protocol", text.Str("peer", peer), text.Str("detail", cause(err)))
	}
	return r
}

func total(phases []checks.Phase) (sum time.Duration) {
	for _, p := range phases {
		sum += p.Took
	}
	return sum
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func dnsMessage(name string, err error) text.Message {
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound || errors.Is(err, errNoAddress) {
		return text.M("check.dns.none", text.Str("name", name))
	}
	return text.M("check.dns.failed", text.Str("name", name), text.Str("detail", cause(err)))
}

func connectMessage(peer string, err error) text.Message {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return text.M("check.connect.refused", text.Str("peer", peer))
	case isReset(err):
		return text.M("check.connect.reset", text.Str("peer", peer))
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return text.M("check.connect.unreachable", text.Str("peer", peer))
	}
	return text.M("check.connect.failed", text.Str("peer", peer), text.Str("detail", cause(err)))
}

func tlsMessage(peer string, err error) text.Message {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return text.M("check.tls.expired", text.Str("peer", peer), text.Time("until", e.Cert.NotAfter))
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return text.M("check.tls.name", text.Str("peer", peer), text.Str("detail", cause(err)))
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return text.M("check.tls.untrusted", text.Str("peer", peer))
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return text.M("check.tls.plain", text.Str("peer", peer))
	}
	return text.M("check.tls.failed", text.Str("peer", peer), text.Str("detail", cause(err)))
}

// cause is the innermost words of an error: the wrapping repeats the address.
func cause(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	return err.Error()
}

// PhaseWord names a phase for people.
func PhaseWord(phase string) text.Message {
	switch phase {
	case PhaseDNS:
		return text.M("check.phase.dns")
	case PhaseConnect:
		return text.M("check.phase.connect")
	case PhaseTLS:
		return text.M("check.phase.tls")
	case "request":
		return text.M("check.phase.request")
	case "first-byte":
		return text.M("check.phase.first_byte")
	case "body":
		return text.M("check.phase.body")
	case "banner":
		return text.M("check.phase.banner")
	case "hello":
		return text.M("check.phase.hello")
	case "capability":
		return text.M("check.phase.capability")
	case "starttls":
		return text.M("check.phase.starttls")
	case "auth":
		return text.M("check.phase.auth")
	case "recipient":
		return text.M("check.phase.recipient")
	case "data":
		return text.M("check.phase.data")
	case "mailbox":
		return text.M("check.phase.mailbox")
	case "delivery":
		return text.M("check.phase.delivery")
	case "key":
		return text.M("check.phase.key")
	case PhaseQuery:
		return text.M("check.phase.query")
	case PhaseLogin:
		return text.M("check.phase.login")
	case PhaseGreeting:
		return text.M("check.phase.greeting")
	}
	return text.Verbatim(phase)
}
