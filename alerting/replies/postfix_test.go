package replies

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"monitord/internal/testserver/postfixtest"
)

// until waits for a condition that the relay brings about.
func until(t *testing.T, relay *postfixtest.Server, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s did not happen\n%s", what, relay.Log())
}

// The whole way: a person's mail, the organisation's relay with the route of
// README.md, and the door.
func TestRepliesComeThroughPostfix(t *testing.T) {
	d := open(t, nil)
	relay := postfixtest.StartWith(t, postfixtest.Options{Relay: map[string]string{"ack.example.net": d.addr}})
	send := func(from, to, mail string) {
		t.Helper()
		c, err := smtp.Dial(relay.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := errors.Join(c.SendMail(from, []string{to}, strings.NewReader(strings.ReplaceAll(mail, "\n", "\r\n"))), c.Quit()); err != nil {
			t.Fatal(err)
		}
	}
	// Junk to an address that was never made ends before the relay has it.
	c, err := smtp.Dial(relay.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = errors.Join(c.Mail("evil@example.org", nil), c.Rcpt(to(forged), nil))
	if refused, ok := errors.AsType[*smtp.SMTPError](err); !ok || refused.Code != 550 || !strings.Contains(err.Error(), "was not made by this server") {
		t.Errorf("the relay takes an address that was never made: %v", err)
	}
	const utf8 = "Content-Type: text/plain; charset=utf-8"
	send("noc@example.net", to(good), reply("了解、ディスクを交換します\n\n> CRITICAL db1/pgsql", utf8, "Content-Transfer-Encoding: 8bit"))
	until(t, relay, "the reply", func() bool { return d.counted("taken") == 1 })
	if got := d.desk.taken[0]; got != "了解、ディスクを交換します 0s" {
		t.Errorf("taken %q", got)
	}

	// A vacation answer counts for nothing, and nobody hears of it: its bounce
	// would come after that of the forged one, which is sent later.
	send("noc@example.net", to(good), reply("I am on holiday", "Auto-Submitted: auto-replied"))
	until(t, relay, "the vacation answer", func() bool { return d.counted(string(WhyAutomatic)) == 1 })

	// Who is not the contact is told by the relay that nothing was acknowledged.
	send("boss@example.net", to(good), strings.Replace(reply("ack"), "noc@example.net", "boss@example.net", 1))
	bounce := relay.Wait(t, "boss", 1, 20*time.Second)[0]
	if !bytes.Contains(bounce, []byte("Nothing was")) {
		t.Errorf("the relay tells\n%s", bounce)
	}
	// That bounce, sent on to us by somebody's rule, ends here.
	send("boss@example.net", to(good), string(bytes.ReplaceAll(bounce, []byte("\r\n"), []byte("\n"))))
	until(t, relay, "the bounce", func() bool { return d.counted(string(WhyBounce)) == 1 })
	if len(d.desk.taken) != 1 || len(relay.Mails("noc")) != 0 || len(relay.Mails("boss")) != 1 {
		t.Errorf("taken %v; noc has %d mails, boss %d", d.desk.taken, len(relay.Mails("noc")), len(relay.Mails("boss")))
	}
}
