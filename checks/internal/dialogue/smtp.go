package dialogue

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"

	"monitord/checks"
)

// SMTPPorts are those of RFC 5321 and RFC 8314.
var SMTPPorts = Ports{Plain: 25, Implicit: 465}

// SubmissionPorts are those of RFC 6409 and RFC 8314.
var SubmissionPorts = Ports{Plain: 587, Implicit: 465}

// SMTP is a session with a mail server.
type SMTP struct {
	*Session
	hello string
	ext   map[string][]string // extension → its parameters, in capitals
}

// OpenSMTP reads the greeting, says hello as name ("" is our address) and, when
// mode asks, changes to TLS.
func OpenSMTP(ctx context.Context, s *Session, mode Mode, name, expect string) (*SMTP, error) {
	m := &SMTP{Session: s, hello: name}
	if name == "" {
		m.hello = addressLiteral(s.conn.LocalAddr())
	}
	s.Begin(PhaseBanner)
	r, err := s.Reply()
	if err != nil {
		return nil, err
	}
	if r.Code != 220 {
		return nil, s.Status(r.Line())
	}
	if err := s.Greeted(strings.Join(append([]string{r.Line()}, r.Lines[1:]...), " "), expect); err != nil {
		return nil, err
	}
	if err := m.ehlo(); err != nil {
		return nil, err
	}
	if mode != ModeStartTLS {
		return m, nil
	}
	return m, m.startTLS(ctx)
}

// addressLiteral is our address as RFC 5321 section 4.1.3 writes it.
func addressLiteral(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return "[127.0.0.1]" // not an IP network: a test's pipe
	}
	ip := ap.Addr().Unmap().WithZone("")
	if ip.Is6() {
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

func (m *SMTP) ehlo() error {
	m.Begin(PhaseHello)
	r, err := m.Ask("EHLO " + m.hello)
	if err == nil && r.Class() == 5 { // a server of before 1995
		r, err = m.Ask("HELO " + m.hello)
	}
	if err != nil {
		return err
	}
	if r.Code != 250 {
		return m.Status(r.Line())
	}
	m.ext = map[string][]string{}
	for _, line := range r.Lines[1:] {
		if words := strings.Fields(strings.ToUpper(line)); len(words) > 0 {
			m.ext[words[0]] = words[1:]
		}
	}
	return nil
}

// Offers reports whether the server has an extension, named in capitals.
func (m *SMTP) Offers(ext string) bool {
	_, ok := m.ext[ext]
	return ok
}

func (m *SMTP) startTLS(ctx context.Context) error {
	m.Begin(PhaseStartTLS)
	if !m.Offers("STARTTLS") {
		return m.Lacks(checks.ReasonTLS, "STARTTLS")
	}
	r, err := m.Ask("STARTTLS")
	if err != nil {
		return err
	}
	if r.Code != 220 {
		return m.Status(r.Line())
	}
	if err := m.Handshake(ctx); err != nil {
		return err
	}
	return m.ehlo() // what was said before is forgotten: RFC 3207 section 4.2
}

// Auth logs in by the first that the server offers of PLAIN, LOGIN and
// CRAM-MD5; nobody does not log in.
func (m *SMTP) Auth(login Login) error {
	if login.User == "" {
		return nil
	}
	m.Begin(PhaseAuth)
	offered := m.ext["AUTH"]
	var err error
	var r Reply
	switch {
	case slices.Contains(offered, "PLAIN"):
		r, err = m.Ask("AUTH PLAIN " + m.plain(login))
	case slices.Contains(offered, "LOGIN"):
		r, err = m.steps("AUTH LOGIN", func([]byte) string { return login.User }, func([]byte) string { return login.Password })
	case slices.Contains(offered, "CRAM-MD5"):
		r, err = m.steps("AUTH CRAM-MD5", func(challenge []byte) string { return cramMD5(login, challenge) })
	default:
		return m.Lacks(checks.ReasonAuth, "AUTH PLAIN, LOGIN, CRAM-MD5")
	}
	if err != nil {
		return err
	}
	if r.Code != 235 {
		return m.Denied(login.User, r.Line())
	}
	return nil
}

// plain is the answer of RFC 4616, which is a secret like the password.
func (s *Session) plain(login Login) string {
	s.Hide(login.Password)
	s.Hide("\x00" + login.User + "\x00" + login.Password)
	return base64.StdEncoding.EncodeToString([]byte("\x00" + login.User + "\x00" + login.Password))
}

// steps answers challenges, one function each.
func (m *SMTP) steps(command string, answers ...func(challenge []byte) string) (Reply, error) {
	r, err := m.Ask(command)
	for _, answer := range answers {
		if err != nil || r.Code != 334 {
			return r, err
		}
		challenge, _ := base64.StdEncoding.DecodeString(r.Lines[0]) // a wrong one is refused by the server
		r, err = m.Ask(base64.StdEncoding.EncodeToString([]byte(answer(challenge))))
	}
	return r, err
}

// cramMD5 is the answer of RFC 2195.
func cramMD5(login Login, challenge []byte) string {
	mac := hmac.New(md5.New, []byte(login.Password))
	mac.Write(challenge)
	return fmt.Sprintf("%s %x", login.User, mac.Sum(nil))
}

// Envelope names sender and recipient and asks whether both are accepted; no
// mail is sent unless Data follows. An empty recipient asks for the sender only.
func (m *SMTP) Envelope(from, to string) error {
	m.Begin(PhaseRecipient)
	r, err := m.Ask("MAIL FROM:<" + from + ">")
	if err == nil && r.Class() == 2 && to != "" {
		r, err = m.Ask("RCPT TO:<" + to + ">")
	}
	if err != nil {
		return err
	}
	if r.Class() != 2 {
		return m.Status(r.Line())
	}
	return nil
}

// Data sends the mail of the envelope: lines end in CRLF.
func (m *SMTP) Data(mail string) error {
	m.Begin(PhaseData)
	r, err := m.Ask("DATA")
	if err != nil {
		return err
	}
	if r.Code != 354 {
		return m.Status(r.Line())
	}
	mail = strings.ReplaceAll("\r\n"+mail, "\r\n.", "\r\n..")[2:]
	if _, err := io.WriteString(m, strings.TrimSuffix(mail, "\r\n")+"\r\n.\r\n"); err != nil {
		return err
	}
	if r, err = m.Reply(); err != nil {
		return err
	}
	if r.Class() != 2 {
		return m.Status(r.Line())
	}
	return nil
}

// Address reports whether s can stand between the angle brackets of an envelope.
func Address(s string) bool {
	return OneLine(s) && !strings.ContainsAny(s, "<> \t") && strings.Contains(s, "@")
}
