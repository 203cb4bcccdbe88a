//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testnginx"
	"monitord/internal/testserver/bind"
	"monitord/internal/testserver/dovecottest"
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/testserver/postgres"
	"monitord/internal/testserver/slapd"
	"monitord/internal/testserver/sshdtest"
	"monitord/internal/testserver/vsftpdtest"
)

// subject is what one check of the story asks, and how it is broken and mended.
type subject struct {
	host, check string
	yaml        string // of the check
	reason      string // of the CRITICAL when it is broken
	stop, start func()
	also        string // check of the same server, broken with it
}

func (s subject) service() string { return s.host + "/" + s.check }

// kindsOfChecks: a service of each kind, each against a real server. Each
// server is stopped in turn, which makes its service CRITICAL for the right
// reason and no other; started again, it is OK; the journal has it all.
func kindsOfChecks(t *testing.T) {
	needRoot(t, "postfix, dovecot and a network namespace")
	w := newWorld(t)
	subjects := w.subjects()
	w.configure(checksConfig(subjects))
	w.serve()
	w.probe(w.enrol("node1"))
	for _, s := range subjects {
		w.awaitState(60*time.Second, s.service(), "OK")
	}
	for _, s := range subjects {
		w.breakAndMend(s, subjects)
	}
	events := w.events()
	for _, s := range subjects {
		for _, state := range []string{"CRITICAL", "OK"} {
			if !journaled(events, s.service(), state) {
				t.Errorf("the journal does not have that %s became %s", s.service(), state)
			}
		}
	}
}

// common is how often the story asks: a fault is confirmed by two.
const common = "interval: 2s, retry_interval: 2s, timeout: 2s, max_attempts: 2"

func checksConfig(subjects []subject) string {
	hosts := map[string]*strings.Builder{"peers": {}, "node1": {}, "far": {}}
	for _, s := range subjects {
		fmt.Fprintf(hosts[s.host], "      %s: {%s, %s}\n", s.check, s.yaml, common)
	}
	return fmt.Sprintf(`
plugins: {dirs: [/usr/lib/nagios/plugins]}
hosts:
  peers:
    address: 127.0.0.1
    alive: none
    checks:
%s
  far:
    address: 198.18.77.2
    alive: none
    checks:
%s
  node1:
    address: 127.0.0.1
    checks:
%s
`, hosts["peers"], hosts["far"], hosts["node1"])
}

// subjects starts every server.
func (w *world) subjects() []subject {
	t := w.t
	all := append(w.plainServers(), w.mailServers()...)
	ns := newLink(t)
	all = append(all, subject{host: "far", check: "ping", yaml: "type: ping, count: 2, wait: 900ms", reason: "timeout",
		stop: func() { w.mute(ns, true) }, start: func() { w.mute(ns, false) }})
	return append(all, w.onProbe()...)
}

// mute makes the host behind a link silent to echo requests, or not.
func (w *world) mute(ns link, silent bool) {
	w.t.Helper()
	value := "0"
	if silent {
		value = "1"
	}
	command(w.t, "", "ip", "netns", "exec", ns.name, "sysctl", "-q", "-w", "net.ipv4.icmp_echo_ignore_all="+value)
}

func (w *world) plainServers() []subject {
	t := w.t
	web, other := testnginx.New(t, testnginx.Options{}), testnginx.New(t, testnginx.Options{})
	names, tree, db := bind.New(t, 1), slapd.New(t, "", ""), postgres.New(t, postgres.Options{})
	shell, files := sshdtest.Start(t), vsftpdtest.Start(t, false)
	return []subject{
		{host: "peers", check: "http", yaml: fmt.Sprintf("type: http, url: %q", web.URL("/")), reason: "connect", stop: web.Stop, start: web.Start},
		{host: "peers", check: "dns", yaml: fmt.Sprintf("type: dns, port: %d, name: www.example.test, recursion: false, expect: [192.0.2.1]", names.Port), reason: "connect",
			stop: names.Stop, start: names.Again},
		{host: "peers", check: "ldap", yaml: fmt.Sprintf(`type: ldap, port: %d, base: "dc=example,dc=test"`, tree.Port), reason: "connect", stop: tree.Stop, start: tree.Again},
		{host: "peers", check: "postgres", yaml: fmt.Sprintf("type: postgres, port: %d, username: postgres, password: {file: %q}", db.Port, w.secret("postgres", db.Password)),
			reason: "connect", stop: db.Stop, start: db.Again},
		{host: "peers", check: "ssh", yaml: fmt.Sprintf("type: ssh, port: %d, host_keys: [%q]", shell.Port, shell.Fingerprint), reason: "connect",
			stop: shell.Stop, start: func() { shell.Run(t) }},
		{host: "peers", check: "ftp", yaml: fmt.Sprintf("type: ftp, port: %d, tls: starttls, tls_ca_file: %q, username: %s, password: {file: %q}, file: %s, contains: all is well",
			files.Port, files.CertFile, vsftpdtest.User, w.secret("ftp", vsftpdtest.Password), vsftpdtest.File), reason: "connect",
			stop: files.Stop, start: func() { files.Run(t) }},
		{host: "peers", check: "plugin", yaml: fmt.Sprintf(`type: plugin, command: [check_tcp, -H, "$HOSTADDRESS$", -p, "%d"]`, other.Port), reason: "status", stop: other.Stop, start: other.Start},
	}
}

func (w *world) mailServers() []subject {
	t := w.t
	relay, boxes := postfixtest.Start(t), dovecottest.Start(t, dovecottest.Options{})
	_, port, err := net.SplitHostPort(relay.Addr)
	if err != nil {
		t.Fatal(err)
	}
	login := fmt.Sprintf("tls: starttls, tls_ca_file: %q, username: %s, password: {file: %q}", boxes.CertFile, dovecottest.User, w.secret("mail", dovecottest.Password))
	run := func() { boxes.Run(t) }
	return []subject{
		{host: "peers", check: "smtp", yaml: fmt.Sprintf("type: smtp, port: %s, tls: starttls, tls_ca_file: %q, tls_server_name: localhost", port, relay.CAFile), reason: "connect",
			stop: func() { relay.Stop(t) }, start: func() { relay.Run(t) }},
		{host: "peers", check: "imap", yaml: fmt.Sprintf("type: imap, port: %d, %s", boxes.IMAP, login), reason: "connect", stop: boxes.Stop, start: run, also: "peers/pop3"},
		{host: "peers", check: "pop3", yaml: fmt.Sprintf("type: pop3, port: %d, %s", boxes.POP3, login), reason: "connect", stop: boxes.Stop, start: run, also: "peers/imap"},
	}
}

// onProbe are checks that a probe runs on its host.
func (w *world) onProbe() []subject {
	t := w.t
	flag := filepath.Join(w.dir, "flag")
	raise := func() {
		if err := os.WriteFile(flag, []byte("up"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lower := func() {
		if err := os.Remove(flag); err != nil {
			t.Fatal(err)
		}
	}
	raise()
	// A length that no other sleep on this machine has.
	length := strconv.Itoa(100000 + os.Getpid())
	run := func() *process { return start(t, w.dir, "sleep", "sleep", length) }
	sleeper := run()
	local := testnginx.New(t, testnginx.Options{})
	return []subject{
		{host: "node1", check: "process", yaml: fmt.Sprintf(`type: process, run_on: probe, name: sleep, cmdline: "sleep %s"`, length), reason: "threshold",
			stop: func() { sleeper.stop() }, start: func() { sleeper = run() }},
		{host: "node1", check: "file", yaml: fmt.Sprintf("type: file, run_on: probe, path: %q", flag), reason: "status", stop: lower, start: raise},
		{host: "node1", check: "tcp", yaml: fmt.Sprintf("type: tcp, run_on: probe, port: %d", local.Port), reason: "connect", stop: local.Stop, start: local.Start},
	}
}

// secret writes a file that only its owner reads.
func (w *world) secret(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name+".secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// breakAndMend stops a server and starts it again.
func (w *world) breakAndMend(s subject, all []subject) {
	w.t.Helper()
	s.stop()
	w.awaitState(20*time.Second, s.service(), "CRITICAL")
	now := w.services()
	if got := now[s.service()]; got.Reason != s.reason {
		w.t.Errorf("%s: reason %q (%s), want %q", s.service(), got.Reason, got.Summary, s.reason)
	}
	for _, other := range all {
		if name := other.service(); name != s.service() && name != s.also && now[name].State != "OK" {
			w.t.Errorf("while only %s was stopped, %s is %s: %s", s.service(), name, now[name].State, now[name].Summary)
		}
	}
	s.start()
	w.awaitState(20*time.Second, s.service(), "OK")
	if s.also != "" {
		w.awaitState(20*time.Second, s.also, "OK")
	}
}

// services is the API's list, by name.
func (w *world) services() map[string]service {
	w.t.Helper()
	var answer struct{ Services []service }
	body, err := w.try("/api/monitord/services?lang=en")
	if err == nil {
		err = json.Unmarshal([]byte(body), &answer)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	found := map[string]service{}
	for _, s := range answer.Services {
		found[s.Name] = s
	}
	return found
}

// journaled says whether a service's way to a state is among the events.
func journaled(events []event, name, state string) bool {
	for _, e := range events {
		if e.Kind == "state" && e.Service == name && e.State == state {
			return true
		}
	}
	return false
}
