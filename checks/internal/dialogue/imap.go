package dialogue

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"monitord/checks"
)

// IMAPPorts are those of RFC 9051 and RFC 8314.
var IMAPPorts = Ports{Plain: 143, Implicit: 993}

// IMAP is a session with an IMAP server.
type IMAP struct {
	*Session
	tag  int
	in   bool     // PREAUTH: logged in from the start
	caps []string // in capitals
}

// OpenIMAP reads the greeting, asks for the capabilities and, when mode asks,
// changes to TLS (RFC 9051 sections 7.1.4, 6.1.1, 6.2.1).
func OpenIMAP(ctx context.Context, s *Session, mode Mode, expect string) (*IMAP, error) {
	m := &IMAP{Session: s}
	s.Begin(PhaseBanner)
	line, err := s.Line()
	if err != nil {
		return nil, err
	}
	words := strings.Fields(strings.ToUpper(line))
	switch {
	case len(words) < 2 || words[0] != "*":
		return nil, s.Nonsense(line)
	case words[1] == "BYE":
		return nil, s.Status(line)
	case words[1] != "OK" && words[1] != "PREAUTH":
		return nil, s.Nonsense(line)
	}
	m.in = words[1] == "PREAUTH"
	if err := s.Greeted(line, expect); err != nil {
		return nil, err
	}
	if err := m.capabilities(); err != nil {
		return nil, err
	}
	if mode != ModeStartTLS {
		return m, nil
	}
	return m, m.startTLS(ctx)
}

func (m *IMAP) startTLS(ctx context.Context) error {
	m.Begin(PhaseStartTLS)
	if !slices.Contains(m.caps, "STARTTLS") {
		return m.Lacks(checks.ReasonTLS, "STARTTLS")
	}
	if _, err := m.ask("STARTTLS"); err != nil {
		return err
	}
	if err := m.Handshake(ctx); err != nil {
		return err
	}
	return m.capabilities() // RFC 9051 section 6.2.1: the old ones are forgotten
}

func (m *IMAP) capabilities() error {
	m.Begin(PhaseCapability)
	lines, err := m.ask("CAPABILITY")
	if err != nil {
		return err
	}
	m.caps = nil
	for _, l := range lines {
		if words := strings.Fields(strings.ToUpper(l)); len(words) > 1 && words[1] == "CAPABILITY" {
			m.caps = words[2:]
		}
	}
	return nil
}

// refused is the line of a command's NO.
type refused struct {
	error
	line string
}

// Unwrap is what the refusal is for a result.
func (r refused) Unwrap() error { return r.error }

// ask sends a command and returns the untagged lines before its OK. A NO is a
// refused, a BAD too: the server does not want the command.
func (m *IMAP) ask(command string) ([]string, error) {
	m.tag++
	tag := "m" + strconv.Itoa(m.tag)
	if err := m.Send(tag + " " + command); err != nil {
		return nil, err
	}
	var lines []string
	for len(lines) < MaxLines {
		line, err := m.whole()
		if err != nil {
			return nil, err
		}
		word, rest, _ := strings.Cut(line, " ")
		status, _, _ := strings.Cut(strings.ToUpper(rest), " ")
		switch {
		case word == "*" && status == "BYE":
			return nil, m.Status(line)
		case word == "*":
			lines = append(lines, line)
		case word == tag && status == "OK":
			return lines, nil
		case word == tag && (status == "NO" || status == "BAD"):
			return nil, refused{m.Status(rest), rest}
		default:
			return nil, m.Nonsense(line)
		}
	}
	return nil, m.fail(errLongReply)
}

// whole reads a line together with the literals in it (RFC 9051 section 4.3);
// their bytes are dropped, as no command of ours asks for any.
func (m *IMAP) whole() (string, error) {
	line, err := m.Line()
	for err == nil {
		n, ok := literal(line)
		if !ok {
			return line, nil
		}
		if _, err = m.Bytes(n); err != nil {
			break
		}
		var more string
		more, err = m.Line()
		line = line[:strings.LastIndexByte(line, '{')] + more
	}
	return "", err
}

// literal is the length that a line's end announces: {12}, {12+} or ~{12}.
func literal(line string) (int, bool) {
	open := strings.LastIndexByte(line, '{')
	if open < 0 || !strings.HasSuffix(line, "}") {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSuffix(line[open+1:len(line)-1], "+"))
	return n, err == nil && n >= 0
}

// Auth logs in with PLAIN where it is offered with an initial answer (RFC 4959),
// else with LOGIN; nobody does not log in.
func (m *IMAP) Auth(login Login) error {
	if login.User == "" || m.in {
		return nil
	}
	m.Begin(PhaseAuth)
	var err error
	switch {
	case slices.Contains(m.caps, "AUTH=PLAIN") && slices.Contains(m.caps, "SASL-IR"):
		_, err = m.ask("AUTHENTICATE PLAIN " + m.plain(login))
	case slices.Contains(m.caps, "LOGINDISABLED"):
		return m.Lacks(checks.ReasonAuth, "LOGIN")
	default:
		m.Hide(quoted(login.Password))
		_, err = m.ask("LOGIN " + quoted(login.User) + " " + quoted(login.Password))
	}
	if r, ok := err.(refused); ok {
		return m.Denied(login.User, r.line)
	}
	return err
}

// quoted is a string of RFC 9051 section 4.3.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Examine opens a mailbox for reading, Select for changing; both tell how many
// mails it holds.
func (m *IMAP) Examine(mailbox string) (int64, error) { return m.open("EXAMINE", mailbox) }

// Select opens a mailbox for changing.
func (m *IMAP) Select(mailbox string) (int64, error) { return m.open("SELECT", mailbox) }

func (m *IMAP) open(command, mailbox string) (int64, error) {
	m.Begin(PhaseMailbox)
	lines, err := m.ask(command + " " + quoted(mailbox))
	if err != nil {
		return 0, err
	}
	for _, l := range lines {
		if words := strings.Fields(strings.ToUpper(l)); len(words) == 3 && words[2] == "EXISTS" {
			if n, err := strconv.ParseInt(words[1], 10, 64); err == nil && n >= 0 {
				return n, nil
			}
		}
	}
	return 0, m.Lacks(checks.ReasonProtocol, "EXISTS")
}

// Search returns the UIDs of the mails that match (RFC 9051 section 6.4.4).
func (m *IMAP) Search(criteria string) ([]string, error) {
	lines, err := m.ask("UID SEARCH " + criteria)
	if err != nil {
		return nil, err
	}
	var uids []string
	for _, l := range lines {
		words := strings.Fields(l)
		if len(words) < 2 || strings.ToUpper(words[1]) != "SEARCH" {
			continue
		}
		for _, uid := range words[2:] {
			if _, err := strconv.ParseUint(uid, 10, 32); err != nil {
				return nil, m.Nonsense(l)
			}
			uids = append(uids, uid)
		}
	}
	return uids, nil
}

// Delete deletes mails at once: those, and no others, where the server can
// (RFC 4315); else all that are marked.
func (m *IMAP) Delete(uids []string) error {
	set := strings.Join(uids, ",")
	if _, err := m.ask(`UID STORE ` + set + ` +FLAGS.SILENT (\Deleted)`); err != nil {
		return err
	}
	command := "EXPUNGE"
	if slices.Contains(m.caps, "UIDPLUS") || slices.Contains(m.caps, "IMAP4REV2") {
		command = "UID EXPUNGE " + set
	}
	_, err := m.ask(command)
	return err
}
