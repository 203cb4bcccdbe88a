package dialogue

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a peer that says its words whatever it hears.
type script struct {
	io.Reader
	heard bytes.Buffer
}

func (s *script) Write(b []byte) (int, error)    { return s.heard.Write(b) }
func (*script) Close() error                     { return nil }
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv6loopback, Port: 1} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv6loopback, Port: 2} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

func scripted(words string) (*Session, *script) {
	peer := &script{Reader: strings.NewReader(words)}
	return NewSession(&netdial.Phases{}, peer, "peer:1", nil), peer
}

var anna = Login{User: "anna", Password: "s3cret"}

// talks are all that is said in each protocol.
var talks = map[string]func(s *Session) error{
	"smtp": func(s *Session) error {
		m, err := OpenSMTP(context.Background(), s, ModeNone, "", "")
		if err == nil {
			err = m.Auth(anna)
		}
		if err == nil {
			err = m.Envelope("a@b", "c@d")
		}
		if err == nil {
			err = m.Data(".x\r\n.y\r\n")
		}
		return err
	},
	"pop3": func(s *Session) error {
		p, err := OpenPOP3(context.Background(), s, ModeNone, "")
		if err == nil {
			err = p.Auth(anna)
		}
		if err == nil {
			_, _, err = p.Stat()
		}
		if err == nil {
			_, err = p.Header(1)
		}
		if err == nil {
			err = p.Delete(1)
		}
		if err == nil {
			err = p.Quit()
		}
		return err
	},
	"imap": func(s *Session) error {
		m, err := OpenIMAP(context.Background(), s, ModeNone, "")
		if err == nil {
			err = m.Auth(anna)
		}
		if err == nil {
			_, err = m.Select("IN\"BOX")
		}
		var uids []string
		if err == nil {
			uids, err = m.Search("ALL")
		}
		if err == nil && len(uids) > 0 {
			err = m.Delete(uids)
		}
		return err
	},
	"ftp": func(s *Session) error {
		m, err := OpenFTP(context.Background(), s, ModeNone, "")
		if err == nil {
			err = m.Auth(anna)
		}
		if err == nil {
			_, err = m.Retrieve(context.Background(), nowhere{}, "/motd", 10)
		}
		return err
	},
	"nntp": func(s *Session) error {
		n, err := OpenNNTP(context.Background(), s, ModeNone, "")
		if err == nil {
			err = n.Auth(anna)
		}
		if err == nil {
			_, err = n.Group("local.test")
		}
		return err
	},
}

// nowhere is a second connection that says nothing and ends.
type nowhere struct{}

func (nowhere) DialContext(context.Context, string, string) (net.Conn, error) {
	return &script{Reader: strings.NewReader("")}, nil
}

func TestFTPSaysWhatTheRFCsWant(t *testing.T) {
	s, peer := scripted("220-hi\r\n 220 not yet\r\n220 hi\r\n331 go on\r\n230 in\r\n200 ok\r\n500 no\r\n227 ok (192,0,2,1,4,1).\r\n150 here\r\n226 done\r\n")
	if err := talks["ftp"](s); err != nil {
		t.Fatal(err)
	}
	if got, want := peer.heard.String(), "USER anna\r\nPASS s3cret\r\nTYPE I\r\nEPSV\r\nPASV\r\nRETR /motd\r\n"; got != want {
		t.Errorf("said %q; want %q", got, want)
	}
}

func TestNNTPSaysWhatTheRFCsWant(t *testing.T) {
	s, peer := scripted("200 hi\r\n101 caps\r\nVERSION 2\r\nMODE-READER\r\n.\r\n200 reader\r\n101 caps\r\nREADER\r\n.\r\n381 go on\r\n281 in\r\n211 7 1 9 local.test\r\n")
	if err := talks["nntp"](s); err != nil {
		t.Fatal(err)
	}
	want := "CAPABILITIES\r\nMODE READER\r\nCAPABILITIES\r\nAUTHINFO USER anna\r\nAUTHINFO PASS s3cret\r\nGROUP local.test\r\n"
	if got := peer.heard.String(); got != want {
		t.Errorf("said %q; want %q", got, want)
	}
}

func TestThePassivePortIsRead(t *testing.T) {
	for words, want := range map[string]int{
		"Entering Extended Passive Mode (|||6446|)": 6446, "(!!!1!)": 1, "(|||0|)": 0, "(|||70000|)": 0, "|||6446|": 0, "()": 0, "(||||)": 0,
	} {
		if got, ok := epsvPort(words); ok != (want > 0) || ok && got != want {
			t.Errorf("%s: got %d, %v; want %d", words, got, ok, want)
		}
	}
	for words, want := range map[string]int{
		"Entering Passive Mode (127,0,0,1,25,44).": 25<<8 | 44, "(1,2,3,4,0,0)": 0, "(1,2,3,4,256,1)": 0, "(1,2,3)": 0, "no": 0,
	} {
		if got, ok := pasvPort(words); ok != (want > 0) || ok && got != want {
			t.Errorf("%s: got %d, %v; want %d", words, got, ok, want)
		}
	}
}

func TestPOP3SaysWhatTheRFCsWant(t *testing.T) {
	s, peer := scripted("+OK hi\r\n+OK\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n+OK 1 20\r\n+OK\r\nSubject: x\r\n\r\n.\r\n+OK\r\n+OK\r\n")
	if err := talks["pop3"](s); err != nil {
		t.Fatal(err)
	}
	if got, want := peer.heard.String(), "CAPA\r\nUSER anna\r\nPASS s3cret\r\nSTAT\r\nTOP 1 0\r\nDELE 1\r\nQUIT\r\n"; got != want {
		t.Errorf("said %q; want %q", got, want)
	}
}

func TestIMAPSaysWhatTheRFCsWant(t *testing.T) {
	s, peer := scripted("* OK hi\r\n* CAPABILITY IMAP4rev1 UIDPLUS\r\nm1 OK\r\nm2 OK\r\n* FLAGS ({3}\r\nabc)\r\n* 3 EXISTS\r\nm3 OK\r\n* SEARCH 4 5\r\nm4 OK\r\nm5 OK\r\nm6 OK\r\n")
	if err := talks["imap"](s); err != nil {
		t.Fatal(err)
	}
	want := "m1 CAPABILITY\r\nm2 LOGIN \"anna\" \"s3cret\"\r\nm3 SELECT \"IN\\\"BOX\"\r\nm4 UID SEARCH ALL\r\nm5 UID STORE 4,5 +FLAGS.SILENT (\\Deleted)\r\nm6 UID EXPUNGE 4,5\r\n"
	if got := peer.heard.String(); got != want {
		t.Errorf("said %q; want %q", got, want)
	}
}

func TestSMTPSaysWhatTheRFCsWant(t *testing.T) {
	s, peer := scripted("220-mx\r\n220 ESMTP\r\n250-mx\r\n250-SIZE 1\r\n250 auth LOGIN plain\r\n235 ok\r\n250 a\r\n250 b\r\n354 go\r\n250 queued\r\n")
	if err := talks["smtp"](s); err != nil {
		t.Fatal(err)
	}
	want := "EHLO [IPv6:::1]\r\nAUTH PLAIN AGFubmEAczNjcmV0\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n..x\r\n..y\r\n.\r\n"
	if got := peer.heard.String(); got != want {
		t.Errorf("said %q; want %q", got, want)
	}
}

func TestALineIsReadAsItCame(t *testing.T) {
	s, _ := scripted("a\r\nb\n\x00\r\r\n")
	for _, want := range []string{"a", "b", "\x00"} {
		if got, err := s.Line(); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := s.Line(); err == nil {
		t.Error("there is no fourth line")
	}
}

func TestWhatThePeerSaysIsBounded(t *testing.T) {
	s, _ := scripted(strings.Repeat("x", MaxLine+1))
	if _, err := s.Line(); err == nil {
		t.Error("a long line was read")
	}
	long := strings.Repeat("250-x\r\n", MaxTalk/7+1)
	s, _ = scripted(long)
	for range MaxTalk / 7 {
		if _, err := s.Line(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Line(); err == nil {
		t.Error("a long talk was heard")
	}
	s, _ = scripted(long)
	if _, err := s.Reply(); err == nil {
		t.Error("a long answer was read")
	}
	s, _ = scripted(long)
	if _, err := s.Block(); err == nil {
		t.Error("a long list was read")
	}
	if n := len(s.Evidence()); n > checks.EvidenceLimit || n < 4000 {
		t.Errorf("%d bytes of evidence", n)
	}
}

func TestASecretOnTheEdgeOfTheEvidenceIsHidden(t *testing.T) {
	s, _ := scripted(strings.Repeat("x", checks.EvidenceLimit-3) + "s3cret\r\n")
	s.Hide("s3cret")
	if _, err := s.Line(); err != nil {
		t.Fatal(err)
	}
	if e := string(s.Evidence()); strings.Contains(e, "s3c") || !strings.HasSuffix(e, "<hi") {
		t.Errorf("evidence ends in %q", e[len(e)-20:])
	}
}

func TestWordsAreFitForASentence(t *testing.T) {
	s, _ := scripted("")
	if got := s.Words(" a\x1b[31m\xff" + strings.Repeat("é", 200)); len(got) > wordsLimit+1 || strings.Contains(got, "\x1b") || !utf8.ValidString(got) {
		t.Errorf("got %q", got)
	}
}

func FuzzTalk(f *testing.F) {
	for name := range talks {
		f.Add(name, []byte("220 a\r\n250-b\r\n250-AUTH PLAIN LOGIN\r\n250 x\r\n235 \r\n250 \r\n250 \r\n354 \r\n250 \r\n"))
		f.Add(name, []byte("+OK a\r\nUIDL\r\n.\r\n+OK\r\n+OK\r\n+OK 1 2\r\n"))
		f.Add(name, []byte("* OK a\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na1 OK\r\na2 OK\r\n* 3 EXISTS {3}\r\nabc\r\na3 OK\r\n* SEARCH 1 2\r\n"))
		f.Add(name, []byte("200 a\r\n101 x\r\nVERSION 2\r\nREADER\r\n.\r\n381 x\r\n281 x\r\n211 1 2 3 g\r\n"))
		f.Add(name, []byte("220 a\r\n331 b\r\n230 c\r\n229 x (|||99|)\r\n257 \"/\"\r\n"))
	}
	f.Fuzz(func(t *testing.T, name string, words []byte) {
		talk, ok := talks[name]
		if !ok {
			return
		}
		s, _ := scripted(string(words))
		s.Hide(anna.Password)
		err := talk(s)
		if err == nil {
			return
		}
		r := Failure(s.Phases, s, err)
		if r.State != checks.Critical || r.Reason == "" || len(r.Evidence) > checks.EvidenceLimit || bytes.Contains(r.Evidence, []byte(anna.Password)) {
			t.Errorf("%+v of %v", r, err)
		}
		if said := text.Default().Render(text.English, nil, r.Summary); said == r.Summary.ID || strings.Contains(said, anna.Password) {
			t.Errorf("summary %q", said)
		}
	})
}
