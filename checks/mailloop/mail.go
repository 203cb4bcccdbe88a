package mailloop

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// header marks our mails: the second at which one was sent, and its token.
const header = "X-Monitord-Mailloop"

// stale is the age at which a mail that came too late is deleted: long enough
// not to take the mail of another monitor that is on its way.
const stale = 24 * time.Hour

// mail is one mail of ours (RFC 5322).
type mail struct {
	token string
	at    time.Time
}

func newMail(at time.Time) mail { return mail{token: rand.Text(), at: at} }

// text is the mail as it is sent; RFC 3834 asks machines to say that they are.
func (m mail) text(sender, recipient string) string {
	_, domain, _ := strings.Cut(sender, "@")
	return strings.ReplaceAll(fmt.Sprintf(`From: <%s>
To: <%s>
Subject: monitord mailloop %s
Date: %s
Message-ID: <%s@%s>
%s: %d %s
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

This mail measures how long mail takes. It is deleted when it arrives.
`, sender, recipient, m.token, m.at.Format(time.RFC1123Z), m.token, domain, header, m.at.Unix(), m.token), "\n", "\r\n")
}

// mark finds our header among a mail's header lines: when it was sent, and its token.
func mark(lines []string) (at time.Time, token string, ok bool) {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(name, header) {
			continue
		}
		words := strings.Fields(value)
		if len(words) != 2 {
			return time.Time{}, "", false
		}
		seconds, err := strconv.ParseInt(words[0], 10, 64)
		return time.Unix(seconds, 0), words[1], err == nil
	}
	return time.Time{}, "", false
}
