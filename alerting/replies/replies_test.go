package replies

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"monitord/alerting"
	"monitord/internal/text"
)

func wantCode(t *testing.T, what, got, code string) {
	t.Helper()
	if !strings.HasPrefix(got, code) {
		t.Errorf("%s: the answer is %q, want %s", what, got, code)
	}
}

func TestAReplyTakesTheIncident(t *testing.T) {
	for _, to := range []string{to(good), good + "@ack.example.net", strings.ToUpper(to(good)), "Ack+" + good + "@ACK.example.net"} {
		d := open(t, nil)
		wantCode(t, to, d.send(t, "noc@example.net", to, reply("on it, new disk")), "250")
		if got := fmt.Sprint(d.desk.taken); got != "[on it, new disk 0s]" {
			t.Errorf("%s: taken %s", to, got)
		}
		wantCode(t, "the same again", d.send(t, "NOC@EXAMPLE.NET", to, reply("ok")), "250")
		if d.counted("taken") != 1 || d.counted("yours") != 1 || len(d.events) != 0 {
			t.Errorf("%s: taken %d, yours %d, events %v", to, d.counted("taken"), d.counted("yours"), d.events)
		}
	}
}

func TestAReplyMaySayMore(t *testing.T) {
	for line, want := range map[string]string{
		"ack 2h":          "take [ack 2h 2h0m0s]",
		"ack 2h new disk": "take [ack 2h new disk 2h0m0s]",
		"":                "take [ 0s]",
		"unack":           "give",
		"解除します":           "give",
		"no":              "declined",
		"I can’t":         "declined",
	} {
		d := open(t, nil)
		wantCode(t, line, d.send(t, "noc@example.net", to(good), reply(line, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")), "250")
		got := "declined"
		switch {
		case len(d.desk.taken) > 0:
			got = fmt.Sprint("take ", d.desk.taken)
		case d.desk.given > 0:
			got = "give"
		}
		if got != want || (got == "declined") != (d.counted("declined") == 1) {
			t.Errorf("%q: %s (declined is counted %d times), want %s", line, got, d.counted("declined"), want)
		}
	}
	d := open(t, nil)
	wantCode(t, "yes and no", d.send(t, "noc@example.net", to(good), reply("ok, but I cannot come")), "554")
	if len(d.desk.taken) != 0 || d.counted("unclear") != 1 {
		t.Errorf("yes and no takes it: %v", d.desk.taken)
	}
}

// What a machine sends is taken, so that no relay bounces it to anybody, and
// does not count.
func TestNoMachineAcknowledges(t *testing.T) {
	received := strings.Repeat("Received: from a.example.net by b.example.net; Sun, 29 Nov 2026 03:15:00 +0000\n", 51)
	for name, c := range map[string]struct {
		from, mail string
		why        Why
	}{
		"vacation":           {"noc@example.net", reply("I am on holiday until 3 December", "Auto-Submitted: auto-replied (vacation)"), WhyAutomatic},
		"auto-generated":     {"noc@example.net", reply("ack", "auto-submitted: AUTO-GENERATED; owner-email=x"), WhyAutomatic},
		"empty keyword":      {"noc@example.net", reply("ack", "Auto-Submitted: "), WhyAutomatic},
		"vacation, old":      {"noc@example.net", reply("ack", "X-Autoreply: yes"), WhyAutomatic},
		"vacation, older":    {"noc@example.net", reply("ack", "X-Autorespond: away"), WhyAutomatic},
		"exchange":           {"noc@example.net", reply("ack", "X-Auto-Response-Suppress: All"), WhyAutomatic},
		"precedence bulk":    {"noc@example.net", reply("ack", "Precedence: bulk"), WhyList},
		"precedence junk":    {"noc@example.net", reply("ack", "Precedence: Junk"), WhyList},
		"precedence list":    {"noc@example.net", reply("ack", "precedence: list"), WhyList},
		"list":               {"noc@example.net", reply("ack", "List-Id: operators <ops.example.net>"), WhyList},
		"from nobody":        {"", reply("ack"), WhyBounce},
		"report":             {"noc@example.net", reply("ack", `Content-Type: multipart/report; report-type=delivery-status; boundary="b"`), WhyBounce},
		"mailer-daemon":      {"MAILER-DAEMON@example.net", reply("ack"), WhyBounce},
		"our own From":       {"noc@example.net", strings.Replace(reply("ack"), "NOC <noc@example.net>", "monitord <Monitord@example.net>", 1), WhyLoop},
		"our own envelope":   {"monitord@example.net", reply("ack"), WhyLoop},
		"our own mail":       {"noc@example.net", reply("ack", "X-Monitord-Incident: 7"), WhyLoop},
		"our own Message-ID": {"noc@example.net", strings.Replace(reply("ack"), "<1@example.net>", "<i7.problem1.0123456789ab.instance1234@example.net>", 1), WhyLoop},
		"going round":        {"noc@example.net", received + reply("ack"), WhyLoop},
	} {
		d := open(t, nil)
		wantCode(t, name, d.send(t, c.from, to(good), c.mail), "250")
		if len(d.desk.taken) != 0 || d.counted(string(c.why)) != 1 || len(d.events) != 1 || d.events[0].Incident != 7 {
			t.Errorf("%s: taken %v, counted %d, events %+v", name, d.desk.taken, d.counted(string(c.why)), d.events)
		}
	}
	d := open(t, nil)
	wantCode(t, "a person whose program says so", d.send(t, "noc@example.net", to(good), reply("ack", "Auto-Submitted: no", "Precedence: first-class")), "250")
	if len(d.desk.taken) != 1 {
		t.Error("Auto-Submitted: no is taken for a machine's")
	}
}

// What a person sent and cannot count is refused, so that the relay tells them.
func TestAForgedReplyIsRefused(t *testing.T) {
	body := reply("ack")
	for name, c := range map[string]struct {
		from, mail string
	}{
		"envelope":     {"boss@example.net", body},
		"header":       {"noc@example.net", strings.Replace(body, "noc@example.net", "boss@example.net", 1)},
		"two writers":  {"noc@example.net", strings.Replace(body, "NOC <noc@example.net>", "noc@example.net, boss@example.net", 1)},
		"two From":     {"noc@example.net", "From: boss@example.net\n" + body},
		"no From":      {"noc@example.net", body[strings.Index(body, "\n")+1:]},
		"name is fake": {"noc@example.net", strings.Replace(body, "NOC <noc@example.net>", `"noc@example.net" <evil@example.org>`, 1)},
		"subdomain":    {"noc@example.net.evil.example", body},
	} {
		d := open(t, nil)
		wantCode(t, name, d.send(t, c.from, to(good), c.mail), "550 5.7.1")
		if len(d.desk.taken) != 0 || d.counted(string(WhySender)) != 1 {
			t.Errorf("%s: taken %v, counted %d", name, d.desk.taken, d.counted(string(WhySender)))
		}
	}
	d := open(t, nil)
	wantCode(t, "the token of a call", d.send(t, "noc@example.net", to(byPhone), body), "550 5.7.1")
}

func TestOnlyAddressesWithAGoodTokenAreTaken(t *testing.T) {
	d := open(t, nil)
	p := d.dial(t)
	p.hear()
	p.say("EHLO relay.example.net")
	p.say("MAIL FROM:<noc@example.net>")
	for address, want := range map[string]struct {
		code string
		why  Why
	}{
		to(forged): {"550 5.1.1", WhyForged}, to(expired): {"550 5.1.6", WhyExpired}, to(stranger): {"550 5.7.1", WhyStranger},
		"postmaster@ack.example.net": {"550 5.1.1", WhyAddress}, good + "@example.net": {"550 5.1.1", WhyAddress},
		"ack+@ack.example.net": {"550 5.1.1", WhyAddress}, "nack+" + good + "@ack.example.net": {"550 5.1.1", WhyAddress},
		to(token('1')): {"550 5.1.1", WhyAddress},
	} {
		before := d.counted(string(want.why))
		wantCode(t, address, p.say("RCPT TO:<%s>", address), want.code)
		if d.counted(string(want.why)) != before+1 {
			t.Errorf("%s is not counted as %s", address, want.why)
		}
	}
	wantCode(t, "DATA without a recipient", p.say("DATA"), "502")
	wantCode(t, "a good one", p.say("RCPT TO:<%s>", to(good)), "250")
	wantCode(t, "a second one", p.say("RCPT TO:<%s>", to(good)), "452")
}

func TestNobodyElseMayConnect(t *testing.T) {
	d := open(t, func(c *Config, _ *Deps) { c.Networks = []string{"192.0.2.0/24", "2001:db8::25", "127.0.0.2"} })
	p := d.dial(t)
	wantCode(t, "a stranger", p.hear(), "554 5.7.1")
	if _, err := p.ReadLine(); err == nil {
		t.Error("the connection stays open")
	}
	if d.counted(string(WhyNetwork)) != 1 || len(d.events) != 1 {
		t.Errorf("counted %d, events %v", d.counted(string(WhyNetwork)), d.events)
	}
}

func TestALargeMailIsReadAtItsBeginningAndAHugeOneRefused(t *testing.T) {
	line := strings.Repeat("x", 76) + "\n"
	d := open(t, nil)
	wantCode(t, "with a picture", d.send(t, "noc@example.net", to(good), reply("ack\n"+strings.Repeat(line, (300<<10)/len(line)))), "250")
	if len(d.desk.taken) != 1 {
		t.Error("a mail with its picture does not count")
	}
	d = open(t, nil)
	wantCode(t, "a film", d.send(t, "noc@example.net", to(good), reply("ack\n"+strings.Repeat(line, (1100<<10)/len(line)))), "552")
	if len(d.desk.taken) != 0 || d.counted(string(WhySize)) != 1 {
		t.Errorf("taken %v, counted %d", d.desk.taken, d.counted(string(WhySize)))
	}
	p := d.dial(t)
	p.hear()
	p.say("EHLO relay.example.net")
	wantCode(t, "announced", p.say("MAIL FROM:<noc@example.net> SIZE=%d", 2<<20), "552")
}

func TestOneConnectionHandsOverSoManyMails(t *testing.T) {
	d := open(t, nil)
	p := d.dial(t)
	p.hear()
	p.say("EHLO relay.example.net")
	for range mailsPerConnection {
		for _, line := range []string{"MAIL FROM:<noc@example.net>", "RCPT TO:<" + to(good) + ">", "DATA"} {
			p.say("%s", line)
		}
		wantCode(t, "a mail", p.mail(reply("ack")), "250")
	}
	wantCode(t, "one more", p.say("MAIL FROM:<noc@example.net>"), "421")
}

func TestAConnectionThatFloodsIsCut(t *testing.T) {
	d := open(t, nil)
	p := d.dial(t)
	p.hear()
	p.say("EHLO relay.example.net")
	noop := []byte("NOOP " + strings.Repeat("x", 1900) + "\r\n")
	go func() { // answers must be taken, or both sides wait
		for {
			if _, err := p.ReadLine(); err != nil {
				p.Close()
				return
			}
		}
	}()
	const budget = 2 * maxMailBytes // of open
	sent := 0
	for sent < 3*budget {
		n, err := p.raw.Write(noop)
		if sent += n; err != nil {
			break
		}
	}
	if sent >= 3*budget {
		t.Errorf("%d bytes of nothing were taken", sent)
	}
}

func TestAMailInChunksCountsAsWell(t *testing.T) {
	d := open(t, nil)
	p := d.dial(t)
	p.hear()
	p.say("EHLO relay.example.net")
	p.say("MAIL FROM:<noc@example.net>")
	p.say("RCPT TO:<%s>", to(good))
	first, rest, _ := strings.Cut(strings.ReplaceAll(reply("ack"), "\n", "\r\n"), "\r\n")
	wantCode(t, "first chunk", p.say("BDAT %d\r\n%s", len(first)+2, first), "250") // say adds the end of a line
	wantCode(t, "last chunk", p.say("BDAT %d LAST\r\n%s", len(rest)+2, rest), "250")
	if len(d.desk.taken) != 1 {
		t.Errorf("taken %v", d.desk.taken)
	}
	// And one that breaks off in the middle is nothing.
	p.say("MAIL FROM:<noc@example.net>")
	p.say("RCPT TO:<%s>", to(good))
	wantCode(t, "chunk", p.say("BDAT %d\r\n%s", len(first)+2, first), "250")
	wantCode(t, "reset", p.say("RSET"), "250")
}

func TestAReplyMayComeOverTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // has a certificate
	defer web.Close()
	d := open(t, func(_ *Config, deps *Deps) { deps.TLS = &tls.Config{Certificates: web.TLS.Certificates} })
	trust := x509.NewCertPool()
	trust.AddCert(web.Certificate())
	c, err := smtp.DialStartTLS(d.addr, &tls.Config{RootCAs: trust, ServerName: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = errors.Join(c.SendMail("noc@example.net", []string{to(good)}, strings.NewReader(strings.ReplaceAll(reply("ack"), "\n", "\r\n"))), c.Quit())
	if err != nil || len(d.desk.taken) != 1 {
		t.Errorf("over TLS: %v, taken %v", err, d.desk.taken)
	}
}

func TestWhatCannotBeKeptIsTriedAgain(t *testing.T) {
	d := open(t, nil)
	d.desk.err = errors.New("journal does not answer")
	wantCode(t, "take", d.send(t, "noc@example.net", to(good), reply("ack")), "451")
	wantCode(t, "give", d.send(t, "noc@example.net", to(good), reply("unack")), "451")
}

func TestSomebodyElseHasIt(t *testing.T) {
	d := open(t, nil)
	d.desk.held = "boss (link)"
	wantCode(t, "held", d.send(t, "noc@example.net", to(good), reply("ack")), "250")
	if d.counted("held") != 1 {
		t.Errorf("held is counted %d times", d.counted("held"))
	}
}

func TestRefusalsAreJournaledUpToARateAndCountedAll(t *testing.T) {
	now := start
	d := open(t, func(_ *Config, deps *Deps) { deps.Now = func() time.Time { return now } })
	const all = 3 * notesPerMinute
	for range all {
		d.note(WhyForged, "evil@example.org\r\nSubject: x\u202e", 0)
	}
	if d.counted(string(WhyForged)) != all || len(d.events) != notesPerMinute {
		t.Fatalf("counted %d, journaled %d", d.counted(string(WhyForged)), len(d.events))
	}
	now = now.Add(time.Minute)
	d.note(WhySender, "boss@example.net", 7)
	last := d.events[len(d.events)-1]
	said := text.Default().Render(text.English, nil, last.Sentence())
	if want := fmt.Sprintf("%d more", all-notesPerMinute); !strings.Contains(said, want) || !strings.Contains(said, "boss@example.net") || last.Incident != 7 || last.Kind != alerting.EventReply {
		t.Errorf("the next entry says %q", said)
	}
	first := text.Default().Render(text.Japanese, nil, d.events[0].Sentence())
	if strings.ContainsAny(first, "\r\n\u202e") || !strings.Contains(first, "署名") {
		t.Errorf("the first entry says %q", first)
	}
}

func TestEveryReasonHasASentenceAndAnAnswer(t *testing.T) {
	for _, why := range []Why{WhyNetwork, WhyAddress, WhyForged, WhyOther, WhyExpired, WhyStranger, WhySender, WhySize, WhyMalformed, WhyUnclear, WhyTooMany, WhyFailed, WhyBounce, WhyAutomatic, WhyList, WhyLoop, WhyDeclined} {
		said := text.Default().Render(text.English, nil, alerting.ReplyEvent(start, 0, string(why), "x", 0).Sentence())
		if strings.Contains(said, "event.reply") {
			t.Errorf("%s has no sentence: %s", why, said)
		}
		if r := refusal(why); r.Code < 400 || r.Message == "" || strings.ContainsAny(r.Message, "\r\n") {
			t.Errorf("%s: %+v", why, r)
		}
	}
}

func TestAServerThatIsStoppedAtOnceEnds(t *testing.T) {
	for range 50 {
		open(t, nil).stop()
	}
}

func TestTheServerGreetsWithItsNameAndEndsWithOpenDialogues(t *testing.T) {
	d := open(t, nil)
	p := d.dial(t)
	if got := p.hear(); !strings.HasPrefix(got, "220 monitor.example.net") {
		t.Errorf("greets with %q", got)
	}
	p.say("EHLO relay.example.net")
	d.stop() // joined, although the peer says nothing more
	if _, err := p.ReadLine(); err == nil {
		t.Error("the dialogue goes on")
	}
}
