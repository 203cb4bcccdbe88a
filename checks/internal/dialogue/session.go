package dialogue

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"
	"time"
	"unicode"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

// MaxLine bounds one line, in bytes: RFC 5321 allows 512, RFC 2683 section 3.2.1.5
// asks IMAP to expect 8000.
const MaxLine = 8192

// MaxTalk bounds all that one peer may say in one run, in bytes.
const MaxTalk = 1 << 20

// The phases of a talk, after those of netdial.
const (
	PhaseBanner     = "banner"     // the greeting
	PhaseHello      = "hello"      // EHLO
	PhaseCapability = "capability" // CAPA, CAPABILITY, CAPABILITIES
	PhaseStartTLS   = "starttls"
	PhaseAuth       = "auth"
	PhaseRecipient  = "recipient" // MAIL and RCPT
	PhaseData       = "data"      // the mail or the file itself
	PhaseMailbox    = "mailbox"   // STAT, EXAMINE, GROUP
)

// MaxLines bounds one answer, in lines.
const MaxLines = 1000

var (
	errLongLine  = errors.New("a line of more than 8192 bytes")
	errLongReply = errors.New("an answer of more than 1000 lines")
	errLongTalk  = errors.New("more than 1 MiB of answers")
	errInjection = errors.New("it said something between its consent to STARTTLS and the handshake")
)

// Session is one connection to a peer. It is used by one goroutine.
type Session struct {
	Phases *netdial.Phases
	Peer   string // host:port, for people

	conn      net.Conn
	in        *bufio.Reader
	tlsConfig *tls.Config // for StartTLS; its name is set
	secure    bool
	state     tls.ConnectionState // when secure
	greeting  string
	heard     []byte // the first heardLimit bytes that it said
	talk      int    // bytes that it said
	secrets   []string
	perf      []checks.Perf
}

// NewSession takes over a connection; secure says that it speaks TLS already.
func NewSession(phases *netdial.Phases, conn net.Conn, peer string, cfg *tls.Config) *Session {
	s := &Session{Phases: phases, Peer: peer, tlsConfig: cfg}
	s.use(conn)
	return s
}

func (s *Session) use(conn net.Conn) {
	s.conn, s.in = conn, bufio.NewReaderSize(conn, 1024)
	if t, ok := conn.(*tls.Conn); ok {
		s.secure = true
		s.state = t.ConnectionState()
	}
}

// TLS is what was agreed in the handshake; the zero value without one.
func (s *Session) TLS() tls.ConnectionState { return s.state }

// Close ends the connection.
func (s *Session) Close() { s.conn.Close() }

// Begin begins a phase.
func (s *Session) Begin(phase string) { s.Phases.Begin(phase) }

// Add adds a measured value to the result.
func (s *Session) Add(p checks.Perf) { s.perf = append(s.perf, p) }

// Line reads one line, without its end: CRLF, or a bare LF.
func (s *Session) Line() (string, error) {
	var line []byte
	for {
		part, err := s.in.ReadSlice('\n')
		s.talk += len(part)
		s.hear(part)
		line = append(line, part...)
		switch {
		case len(line) > MaxLine || s.talk > MaxTalk:
			return "", s.fail(tooMuch(s.talk))
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case err != bufio.ErrBufferFull:
			return "", s.fail(err)
		}
	}
}

func tooMuch(talk int) error {
	if talk > MaxTalk {
		return errLongTalk
	}
	return errLongLine
}

// Bytes reads exactly n bytes: an IMAP literal.
func (s *Session) Bytes(n int) ([]byte, error) {
	if n < 0 || s.talk+n > MaxTalk {
		return nil, s.fail(errLongTalk)
	}
	b := make([]byte, n)
	got, err := io.ReadFull(s.in, b)
	s.talk += got
	s.hear(b[:got])
	if err != nil {
		return nil, s.fail(err)
	}
	return b, nil
}

// heardLimit is beyond the evidence's, so that a secret on its edge is seen whole.
const heardLimit = 2 * checks.EvidenceLimit

func (s *Session) hear(b []byte) {
	if room := heardLimit - len(s.heard); room > 0 {
		s.heard = append(s.heard, b[:min(len(b), room)]...)
	}
}

// Send writes one line.
func (s *Session) Send(line string) error {
	if _, err := io.WriteString(s.conn, line+"\r\n"); err != nil {
		return s.fail(err)
	}
	return nil
}

// Write writes bytes as they are.
func (s *Session) Write(b []byte) (int, error) {
	n, err := s.conn.Write(b)
	if err != nil {
		err = s.fail(err)
	}
	return n, err
}

// Bye says goodbye, and does not wait for the answer: the user got what he came
// for, however long the server takes to clean up.
func (s *Session) Bye(line string) { _ = s.Send(line) }

// Handshake begins TLS after the peer's consent. What the peer said before the
// handshake and was not read is refused: anyone on the way could have put it
// there (CVE-2011-0411).
func (s *Session) Handshake(ctx context.Context) error {
	if s.in.Buffered() > 0 {
		return s.fail(errInjection)
	}
	secure, err := netdial.Handshake(ctx, s.Phases, s.conn, s.tlsConfig, s.Peer)
	if err != nil {
		return err
	}
	s.use(secure)
	return nil
}

// Hide keeps a secret out of everything that the peer says from now on.
func (s *Session) Hide(secret string) {
	if secret != "" {
		s.secrets = append(s.secrets, secret, base64.StdEncoding.EncodeToString([]byte(secret)))
	}
}

const masked = "<hidden>"

func (s *Session) mask(words string) string {
	for _, secret := range s.secrets {
		words = strings.ReplaceAll(words, secret, masked)
	}
	return words
}

// Evidence is what the peer said, without secrets.
func (s *Session) Evidence() []byte {
	e := s.mask(string(s.heard))
	return []byte(e[:min(len(e), checks.EvidenceLimit)])
}

// wordsLimit bounds a peer's words in a sentence, in bytes.
const wordsLimit = 160

// Words makes a peer's line fit for a sentence: without secrets and controls.
func (s *Session) Words(line string) string {
	line = s.mask(line)
	line = strings.ToValidUTF8(line[:min(len(line), wordsLimit)], "?")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, strings.TrimSpace(line))
}

// fail names the phase in which an error came.
func (s *Session) fail(err error) error {
	if _, known := errors.AsType[*netdial.Error](err); known {
		return err
	}
	return &netdial.Error{Phase: s.Phases.Current(), Peer: s.Peer, Err: err}
}

// Nonsense is an answer that is none of the protocol's.
func (s *Session) Nonsense(line string) error {
	return &Refusal{Reason: checks.ReasonProtocol, Summary: text.M("dialogue.nonsense", text.Str("peer", s.Peer), text.Str("words", s.Words(line)))}
}

// Status is an answer of the protocol that says no.
func (s *Session) Status(line string) error { return s.refuse(checks.ReasonStatus, line) }

func (s *Session) refuse(reason checks.Reason, line string) error {
	return &Refusal{Reason: reason, Summary: text.M("dialogue.status",
		text.Str("peer", s.Peer), text.Str("words", s.Words(line)), text.Sub("phase", netdial.PhaseWord(s.Phases.Current())))}
}

// Denied is a refused login.
func (s *Session) Denied(user, line string) error {
	return &Refusal{Reason: checks.ReasonAuth, Summary: text.M("dialogue.auth",
		text.Str("peer", s.Peer), text.Str("user", user), text.Str("words", s.Words(line)))}
}

// Lacks is a peer that does not offer what is needed.
func (s *Session) Lacks(reason checks.Reason, what string) error {
	return &Refusal{Reason: reason, Summary: text.M("dialogue.lacks", text.Str("peer", s.Peer), text.Str("what", what))}
}

// Refusal is an answer that came in time and is not the wanted one. It makes
// the result CRITICAL.
type Refusal struct {
	Reason  checks.Reason
	Summary text.Message
}

// Error is the reason and the sentence's name: people read the Summary.
func (r *Refusal) Error() string { return string(r.Reason) + " " + r.Summary.ID }

// Greeted notes the greeting and compares it with the expected words.
func (s *Session) Greeted(line, want string) error {
	s.greeting = s.Words(line)
	if !strings.Contains(line, want) {
		return &Refusal{Reason: checks.ReasonContent, Summary: text.M("dialogue.content",
			text.Str("peer", s.Peer), text.Str("want", want), text.Str("words", s.greeting))}
	}
	return nil
}

// Guard ends every wait of conn when ctx ends; stop undoes it.
func Guard(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
}
