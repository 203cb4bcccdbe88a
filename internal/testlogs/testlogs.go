package testlogs

import (
	"bufio"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"time"
)

// fault is an expression, and a line that it matches.
type fault struct{ expression, line string }

// faults are of hosts, services and devices in turn.
var faults = []fault{
	{`sshd\[[0-9]+\]: Failed password for (invalid user )?(\S+) from (\S+)`, "sshd[%[1]d]: Failed password for invalid user oracle from 203.0.113.%[2]d port 40022 ssh2"},
	{`kernel: .*Out of memory: Killed process ([0-9]+) \((\S+)\)`, "kernel: [%[1]d.000100] Out of memory: Killed process %[1]d (java) total-vm:812345kB"},
	{`I/O error, dev (sd[a-z]), sector ([0-9]+)`, "kernel: blk_update_request: I/O error, dev sdc, sector %[1]d op 0x0:(READ)"},
	{`EXT4-fs (error|warning) \(device ([a-z0-9-]+)\)`, "kernel: EXT4-fs error (device dm-%[2]d): ext4_find_entry:1455: reading directory"},
	{`(\w+)\[[0-9]+\]: segfault at ([0-9a-f]+)`, "kernel: nginx[%[1]d]: segfault at 7f00 ip 00007f00 sp 00007ffd error 4 in libc.so.6"},
	{`nfs: server (\S+) not responding`, "kernel: nfs: server 192.0.2.%[2]d not responding, still trying"},
	{`status=(bounced|deferred) \((.*)\)`, "postfix/smtp[%[1]d]: 4AF1: to=<a@example.org>, relay=none, delay=30, status=deferred (connection timed out)"},
	{`(eth[0-9]+): link (is )?down`, "kernel: e1000e %[1]d: eth%[2]d: link is down"},
	{`md/raid[0-9]*:(md[0-9]+): Disk failure on (\w+)`, "kernel: md/raid1:md%[2]d: Disk failure on sdb1, disabling device."},
	{`temperature above threshold`, "kernel: mce: CPU%[2]d: Core temperature above threshold, cpu clock throttled"},
}

// services have faults of their own.
var services = []string{"slapd", "mysqld", "postgres", "named", "dhcpd", "haproxy", "keepalived", "corosync", "dovecot", "squid", "vsftpd",
	"cupsd", "snmptrapd", "rsyslogd", "auditd", "smartd", "mdadm", "libvirtd", "chronyd", "pacemaker", "memcached", "redis", "varnishd", "openvpn"}

var serviceFaults = []fault{
	{`%s(\[[0-9]+\])?: .*(fatal|FATAL): (.*)`, "%s[%d]: FATAL: lookup of the peer failed"},
	{`%s(\[[0-9]+\])?: too many (open files|connections)`, "%s[%d]: too many open files"},
	{`%s.* (lost|dropped) connection to (peer|master) (\S+)`, "%s[%d]: node lost connection to peer 192.0.2.3"},
	{`%s\[([0-9]+)\]: (cannot|could not) bind to port ([0-9]+)`, "%s[%d]: could not bind to port 636: Address already in use"},
}

// Expressions returns n expressions, at most 106, in the syntax that Perl, RE2 and
// GNU grep share.
func Expressions(n int) []string {
	all := allFaults()
	out := make([]string, 0, n)
	for _, f := range all[:min(n, len(all))] {
		out = append(out, f.expression)
	}
	return out
}

// Faults returns a line for each of the first n expressions, without time and host.
func Faults(n int) []string {
	all := allFaults()
	out := make([]string, 0, n)
	for i, f := range all[:min(n, len(all))] {
		if i < len(faults) {
			text, _, _ := strings.Cut(fmt.Sprintf(f.line, 100+i, 10), "%!(EXTRA")
			out = append(out, text)
		} else {
			out = append(out, fmt.Sprintf(f.line, 100+i))
		}
	}
	return out
}

func allFaults() []fault {
	all := append([]fault(nil), faults...)
	for _, f := range serviceFaults {
		for _, s := range services {
			all = append(all, fault{fmt.Sprintf(f.expression, s), strings.Replace(f.line, "%s", s, 1)})
		}
	}
	return all
}

// normal lines: of each the placeholders are a number, a small number, a user, an
// address and a path.
var normal = []string{
	"sshd[%[1]d]: Accepted publickey for %[3]s from %[4]s port %[1]d ssh2: ED25519 SHA256:%[1]x%[1]x",
	"sshd[%[1]d]: pam_unix(sshd:session): session opened for user %[3]s(uid=10%[2]d) by (uid=0)",
	"CRON[%[1]d]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)",
	"systemd[1]: Started session-%[1]d.scope - Session %[1]d of User %[3]s.",
	"systemd[1]: apt-daily.service: Deactivated successfully.",
	"postfix/smtpd[%[1]d]: connect from mail.example.net[%[4]s]",
	"postfix/smtp[%[1]d]: %[1]X: to=<user%[2]d@example.com>, relay=mx.example.com[%[4]s]:25, delay=0.%[2]d, dsn=2.0.0, status=sent (250 2.0.0 OK)",
	"nginx: %[4]s - - \"GET %[5]s HTTP/1.1\" 200 %[1]d \"-\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\"",
	"haproxy[%[1]d]: %[4]s:%[1]d [25/Nov/2026:10:37:05.%[2]d] http-in app/srv%[2]d 0/0/1/%[2]d/%[2]d 200 %[1]d - - ---- 7/7/0/0/0 0/0 \"GET %[5]s HTTP/1.1\"",
	"kernel: [%[1]d.%[1]d] [UFW BLOCK] IN=eth0 OUT= SRC=%[4]s DST=192.0.2.1 LEN=40 TTL=244 ID=%[1]d PROTO=TCP SPT=%[1]d DPT=22",
	"named[%[1]d]: client @0x7f %[4]s#%[1]d (www.example.com): query: www.example.com IN A + (192.0.2.53)",
	"dhcpd[%[1]d]: DHCPACK on %[4]s to 52:54:00:0a:0b:%[2]d via eth1",
	"mysqld[%[1]d]: %[1]d [Note] Aborted connection %[1]d to db: 'app' user: '%[3]s' host: '%[4]s' (Got timeout reading communication packets)",
	"kubelet[%[1]d]: I1125 10:37:05.%[1]d %[1]d reconciler.go:196] operationExecutor.VerifyControllerAttachedVolume started for volume \"api-%[1]x\"",
	"sudo: %[3]s : TTY=pts/%[2]d ; PWD=/home/%[3]s ; USER=root ; COMMAND=/usr/bin/systemctl status nginx",
	"app[%[1]d]: INFO request_id=%[1]x user=%[3]s method=GET path=%[5]s status=200 duration=%[2]dms bytes=%[1]d",
	"postgres[%[1]d]: [%[2]d-1] LOG:  checkpoint complete: wrote %[1]d buffers (0.1%%); 0 WAL file(s) added; write=%[2]d.2 s",
	"dovecot: imap-login: Login: user=<%[3]s>, method=PLAIN, rip=%[4]s, lip=192.0.2.1, mpid=%[1]d, TLS",
}

// near lines look like faults and are none.
var near = []string{
	"app[%[1]d]: ERROR request_id=%[1]x upstream I/O error while reading response for %[3]s, retrying %[5]s after %[4]s",
	"sshd[%[1]d]: Failed publickey for %[3]s from %[4]s port 22 ssh2",
	"kernel: e1000e: eth%[2]d NIC link is Up 1000 Mbps",
	"postgres[%[1]d]: ERROR:  connection to peer %[4]s failed, will retry",
}

var (
	users = []string{"admin", "backup", "deploy", "operator", "root", "www-data"}
	paths = []string{"/", "/index.html", "/api/v1/items", "/login", "/img/logo.png", "/search?q=disk+error"}
)

// Write writes whole lines until there are size bytes, and returns how many lines
// these are.
func Write(w io.Writer, size, seed int64) (lines int64, err error) {
	r := rand.New(rand.NewSource(seed))
	out := bufio.NewWriterSize(w, 1<<16)
	all := allFaults()
	at := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for written := int64(0); written < size; lines++ {
		at = at.Add(time.Duration(r.Intn(80)) * time.Millisecond)
		n, err := fmt.Fprintf(out, "%s host%02d %s\n", at.Format(time.Stamp), r.Intn(40), body(r, all))
		if err != nil {
			return lines, err
		}
		written += int64(n)
	}
	return lines, out.Flush()
}

func body(r *rand.Rand, all []fault) string {
	form := normal[r.Intn(len(normal))]
	switch x := r.Intn(100_000); {
	case x < 100:
		i := r.Intn(len(all))
		form = all[i].line
		if i >= len(faults) {
			return fmt.Sprintf(form, 100+r.Intn(32000))
		}
	case x < 2100:
		form = near[r.Intn(len(near))]
	}
	ip := fmt.Sprintf("10.%d.%d.%d", r.Intn(8), r.Intn(256), r.Intn(256))
	text := fmt.Sprintf(form, 100+r.Intn(32000), 10+r.Intn(89), users[r.Intn(len(users))], ip, paths[r.Intn(len(paths))])
	text, _, _ = strings.Cut(text, "%!(EXTRA")
	return text
}
