package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/collectors/snmp/mib"
	"monitord/collectors/snmp/netsnmp"
	"monitord/collectors/snmp/trap"
	"monitord/internal/atomicfile"
	"monitord/internal/logwatch"
)

// trapOwner is who keeps notifications in the journal.
const trapOwner = "traps"

// trapTaker takes notifications: into the journal, and as lines to the rules.
type trapTaker struct {
	host    func(netip.Addr) string
	names   func() (*mib.Names, error) // of the generation in force
	observe func(context.Context, []alerting.Observation, alerting.Extra) error
	rules   func(context.Context, []logwatch.Line) error
	run     string // random name of this run of the server
	batch   uint64 // batches that are in the journal
	judged  uint64 // batches that the rules have
}

// openTraps opens what hears notifications; nothing without a listen.
func (s *server) openTraps(_ context.Context, first *settings) error {
	if first.Traps.Listen == "" {
		return nil
	}
	engine, err := openEngine(filepath.Join(s.data, "snmp"), time.Now())
	if err != nil {
		return err
	}
	t := &trapTaker{
		host: s.hosts.nameOf, names: func() (*mib.Names, error) { return s.current().settings.Names() },
		observe: s.engine.ObserveAll, rules: s.logs.Take, run: rand.Text(), batch: 1, judged: 0,
	}
	s.traps, err = trap.New(first.Traps, trap.Deps{Logger: s.log, Now: time.Now, Take: t.take, Rest: t.rest, Engine: engine})
	if err == nil {
		s.registry.MustRegister(collected{s.traps})
	}
	return err
}

// take makes a batch durable. It is called by one goroutine, again and again with
// the same batch until it returns nil: what is done of it is not done twice.
func (t *trapTaker) take(ctx context.Context, list []trap.Notification) error {
	if t.judged < t.batch {
		if err := t.rules(ctx, t.lines(list)); err != nil {
			return err
		}
		t.judged = t.batch
	}
	err := t.observe(ctx, nil, alerting.Extra{Owner: trapOwner, Once: fmt.Sprintf("%s %d", t.run, t.batch), Events: t.events(list)})
	if err == nil {
		t.batch++
	}
	return err
}

// lines are what rules read: the notification's name as the programme, and its
// name and objects as text.
func (t *trapTaker) lines(list []trap.Notification) []logwatch.Line {
	lines := make([]logwatch.Line, 0, len(list))
	for i := range list {
		n := &list[i]
		name, objects := t.words(n)
		lines = append(lines, logwatch.Line{
			Host: t.host(n.Device()), Source: logwatch.SourceTrap, Program: name,
			Text: strings.Join(append([]string{name}, objects...), ", "), Received: n.At, Unauthenticated: !n.Proved,
		})
	}
	return lines
}

func (t *trapTaker) events(list []trap.Notification) []alerting.Event {
	var events []alerting.Event
	for i := range list {
		n := &list[i]
		if n.Beyond {
			continue
		}
		name, objects := t.words(n)
		events = append(events, alerting.TrapEvent(n.At, t.host(n.Device()), alerting.TrapData{
			Trap: name, OID: n.Trap.String(), Objects: objects, From: n.From.String(), Version: n.Version.String(), User: n.User,
			Inform: n.Inform, Uptime: n.Uptime, Unauthenticated: !n.Proved,
		}))
	}
	return events
}

// words are a notification's name and objects as net-snmp writes them, without
// what a terminal or a line would stumble over.
func (t *trapTaker) words(n *trap.Notification) (name string, objects []string) {
	p := t.printer()
	for _, v := range n.Vars {
		objects = append(objects, oneLine(p.Line(v)))
	}
	return oneLine(p.OID(n.Trap)), objects
}

// printer writes by the names that are in force, and numbers without them.
func (t *trapTaker) printer() *netsnmp.Printer {
	names, err := t.names()
	if err != nil {
		names = nil
	}
	return &netsnmp.Printer{Names: names}
}

// oneLine makes text of the network one line of printable characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "�"), func(r rune) bool { return r < ' ' || r == 0x7f || r == ' ' }), " ")
}

// rest is the number of those that the journal has not one by one.
func (t *trapTaker) rest(ctx context.Context, r trap.Rest) error {
	host := ""
	if r.Device.IsValid() {
		host = t.host(r.Device)
	}
	name := ""
	if r.Trap != "" {
		name = oneLine(t.printer().OID(r.Trap))
	}
	return t.observe(ctx, nil, alerting.Extra{
		Owner: trapOwner + " counted", Once: rand.Text(),
		Events: []alerting.Event{alerting.TrapEvent(r.At, host, alerting.TrapData{Trap: name, More: r.Count})},
	})
}

// engineFile is what is remembered of our own SNMP engine.
type engineFile struct {
	ID    []byte `json:"id"`
	Boots uint32 `json:"boots"`
}

// documentationPEN is the enterprise number that is nobody's (RFC 5612); with
// format 5, octets of our own follow it (RFC 3411, SnmpEngineID).
const documentationPEN = "\x80\x00\x7e\xd9\x05"

// maxBoots is where an engine's boots end: it takes another ID then (RFC 3414,
// 2.2.2).
const maxBoots = 1<<31 - 1

// openEngine counts this start of our engine, which is made at the first.
func openEngine(dir string, now time.Time) (trap.Engine, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return trap.Engine{}, fmt.Errorf("folder of snmp: %w", err)
	}
	path := filepath.Join(dir, "engine.json")
	var e engineFile
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return trap.Engine{}, fmt.Errorf("snmp engine %s: %w (take the file away: senders of informs will learn a new engine)", path, err)
	}
	if len(e.ID) == 0 || e.Boots >= maxBoots {
		e = engineFile{ID: []byte(documentationPEN + rand.Text()[:12])}
	}
	e.Boots++
	if raw, err = json.Marshal(e); err == nil {
		err = atomicfile.Write(path, raw)
	}
	if err != nil {
		return trap.Engine{}, fmt.Errorf("snmp engine: %w", err)
	}
	return trap.Engine{ID: string(e.ID), Boots: e.Boots, Since: now}, nil
}

// nameOf is the host of an address; the address itself when it is nobody's.
func (b *hostBook) nameOf(ip netip.Addr) string {
	if names := b.dir.Load().ByAddress(ip); len(names) > 0 {
		return names[0]
	}
	return ip.String()
}
