package dns

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"monitord/alerting/failover"
	"monitord/internal/pause"
	"monitord/internal/text"
)

// newer says whether serial a comes after b (RFC 1982 section 3.2).
func newer(a, b uint32) bool { return a != b && int32(a-b) > 0 }

// verify asks the primary, and then the secondaries, whether the change is
// there; done says how the set must be. What it finds wanting stands in the
// outcome: the primary has taken the update, so it is no error any more.
func (a *Action) verify(ctx context.Context, c *conn, before uint32, done func(set []mdns.RR) bool) (after uint32, verified bool, detail text.Message) {
	v, err := a.look(ctx, c)
	switch {
	case err != nil:
		return before, false, text.M("failover.dns.unverified", text.Str("detail", err.Error()))
	case !done(v.set):
		return v.serial, false, text.M("failover.dns.contradicted", text.Str("server", c.server), text.Str("found", list(v.set)))
	case !newer(v.serial, before):
		return v.serial, false, text.M("failover.dns.serial_stands", text.Str("server", c.server), text.Str("serial", decimal(v.serial)))
	}
	if late := a.await(ctx, v.serial); len(late) > 0 {
		return v.serial, false, text.M("failover.dns.secondary_late", text.Str("servers", strings.Join(late, "; ")),
			text.Str("serial", decimal(v.serial)), text.Dur("within", a.config.SecondariesWithin))
	}
	return v.serial, true, text.Message{}
}

// askAgain is how long we wait before a secondary is asked again.
const askAgain = 200 * time.Millisecond

// await waits until every secondary has the serial; it returns those that do
// not, and why.
func (a *Action) await(ctx context.Context, serial uint32) (late []string) {
	ctx, cancel := context.WithTimeout(ctx, a.config.SecondariesWithin)
	defer cancel()
	for _, server := range a.config.Secondaries {
		if err := a.awaitOne(ctx, server, serial); err != nil {
			late = append(late, err.Error())
		}
	}
	return late
}

func (a *Action) awaitOne(ctx context.Context, server string, serial uint32) error {
	for {
		got, err := a.serialOf(ctx, server)
		if err == nil && !newer(serial, got) {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("%s has serial %d", server, got)
		}
		if !pause.For(ctx, askAgain) {
			return err
		}
	}
}

// serialOf asks one secondary, without a key: it serves the whole world.
func (a *Action) serialOf(ctx context.Context, server string) (uint32, error) {
	c, err := connect(ctx, a.deps.Dialer, server, nil, a.config.Timeout)
	if err != nil {
		return 0, err
	}
	defer c.close()
	answer, err := c.ask(ctx, a.zone, mdns.TypeSOA)
	if err != nil {
		return 0, err
	}
	for _, rr := range answer.Answer {
		if soa, ok := rr.(*mdns.SOA); ok {
			return soa.Serial, nil
		}
	}
	return 0, fmt.Errorf("%s does not serve zone %s", server, a.zone)
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// outcome is what was done, for people.
func (a *Action) outcome(start time.Time, id string, records []mdns.RR, left int, before, after uint32, verified bool, doubt text.Message) failover.Outcome {
	var detail text.Message
	args := []text.Arg{
		text.Str("name", strings.TrimSuffix(a.name, ".")), text.Str("type", a.config.Type), text.Str("value", list(records)),
		text.Int("left", left), text.Str("before", decimal(before)), text.Str("after", decimal(after)),
	}
	detail = text.Message{ID: id, Args: args}
	if !doubt.IsZero() {
		detail = text.M("failover.dns.doubt", text.Sub("done", detail), text.Sub("doubt", doubt))
	}
	return failover.Outcome{Took: time.Since(start), Detail: detail, Verified: verified}
}
