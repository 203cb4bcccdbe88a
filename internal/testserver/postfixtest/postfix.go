// Package postfixtest runs Debian's postfix as the relay of a test: on loopback
// high ports, with configuration, queue and mailboxes in a temporary folder. It
// never touches /etc/postfix. It needs root and the package postfix. It
// offers no authentication: that is tested against a server of our own.
package postfixtest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Domain is the one domain that the relay delivers, every address in it. The address refused@Domain does not exist.
const Domain = "example.net"

// Server is one postfix.
type Server struct {
	Addr     string // host:port of SMTP with STARTTLS
	Implicit string // host:port of SMTP over TLS
	CAFile   string // the authority of its certificate, whose name is localhost
	// Submission is host:port of submission with STARTTLS and login; only with
	// Options.AuthPort.
	Submission string

	auth  int
	relay map[string]string
	dir   string
	cmd   *exec.Cmd
}

// Options change what is served.
type Options struct {
	AuthPort int // loopback port of dovecot's authentication; 0 is no submission
	// Relay are further domains, each handed over to a server at host:port, which
	// is asked whether an address exists.
	Relay map[string]string
}

// Start runs a relay until the test ends. It fails the test, with the packages
// to install, where it cannot run.
func Start(t testing.TB) *Server { return StartWith(t, Options{}) }

// StartWith is Start with options.
func StartWith(t testing.TB, o Options) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts postfix")
	}
	if _, err := exec.LookPath("postfix"); err != nil {
		t.Fatalf("%v: apt-get install -y --no-install-recommends postfix", err)
	}
	if os.Geteuid() != 0 {
		t.Fatal("postfix can only be started by root")
	}
	dir, err := os.MkdirTemp("", "postfixtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Addr: freeAddr(t), Implicit: freeAddr(t), Submission: freeAddr(t), CAFile: filepath.Join(dir, "ca.pem"), auth: o.AuthPort, relay: o.Relay, dir: dir}
	if err := s.configure(); err != nil {
		t.Fatal(err)
	}
	s.Run(t)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

func freeAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Run starts the relay, again after Stop.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	// A file and no pipe: its children may hold it open after its end.
	out, err := os.Create(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd = exec.Command("postfix", "-c", filepath.Join(s.dir, "etc"), "start-fg")
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", s.Addr); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.Stop(t)
	said, _ := os.ReadFile(out.Name())
	t.Fatalf("postfix does not listen: %s %s", said, s.Log())
}

// Stop ends the relay; its queue and mailboxes stay.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	pid, err := os.ReadFile(filepath.Join(s.dir, "spool/pid/master.pid"))
	if n, _ := strconv.Atoi(strings.TrimSpace(string(pid))); err == nil && n > 1 {
		_ = syscall.Kill(n, syscall.SIGTERM)
	}
	killed := time.AfterFunc(5*time.Second, func() { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) })
	defer killed.Stop()
	// Its exit code tells only that it was stopped.
	_ = s.cmd.Wait()
	s.cmd = nil
	// Its children hold the port open until they notice.
	for range 100 {
		c, err := net.Dial("tcp", s.Addr)
		if err != nil {
			return
		}
		c.Close()
		time.Sleep(20 * time.Millisecond)
	}
}

// Maildir is the folder of every mail delivered; its owner is the user postfix.
func (s *Server) Maildir() string { return filepath.Join(s.dir, "mail/inbox") }

// Log is what the relay wrote.
func (s *Server) Log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(b)
}

// Mails reads every mail delivered to mailbox@Domain, the oldest first.
func (s *Server) Mails(mailbox string) [][]byte {
	paths, _ := filepath.Glob(filepath.Join(s.dir, "mail/inbox/new", "*"))
	modified := func(p string) time.Time {
		if fi, err := os.Stat(p); err == nil {
			return fi.ModTime()
		}
		return time.Time{}
	}
	slices.SortFunc(paths, func(a, b string) int { return modified(a).Compare(modified(b)) })
	var mails [][]byte
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil && bytes.Contains(b, []byte("\nDelivered-To: "+mailbox+"@")) {
			mails = append(mails, b)
		}
	}
	return mails
}

// Wait waits until a mailbox holds n mails, and returns them.
func (s *Server) Wait(t testing.TB, mailbox string, n int, within time.Duration) [][]byte {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if m := s.Mails(mailbox); len(m) >= n {
			return m
		}
	}
	t.Fatalf("mailbox %s has %d mails after %s, want %d\n%s", mailbox, len(s.Mails(mailbox)), within, n, s.Log())
	return nil
}

// configure writes the whole configuration folder.
func (s *Server) configure() error {
	owner, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	for _, sub := range []string{"etc", "spool", "data", "mail"} {
		if err := os.Mkdir(filepath.Join(s.dir, sub), 0o755); err != nil {
			return err
		}
	}
	for _, sub := range []string{"data", "mail"} {
		if err := os.Chown(filepath.Join(s.dir, sub), uid, gid); err != nil {
			return err
		}
	}
	if err := writeCertificate(s.dir); err != nil {
		return err
	}
	for name, content := range map[string]string{"etc/main.cf": s.mainCF(owner.Uid), "etc/master.cf": s.masterCF(),
		"etc/recipients": "/^refused@/ 550 5.1.1 no such user here\n"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) mainCF(uid string) string {
	return strings.NewReplacer("DIR", s.dir, "UID", uid, "DOMAIN", Domain).Replace(`compatibility_level = 3.6
queue_directory = DIR/spool
data_directory = DIR/data
maillog_file = DIR/log
maillog_file_prefixes = DIR
myhostname = localhost
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
smtpd_recipient_restrictions = check_recipient_access regexp:DIR/etc/recipients, reject_unauth_destination
virtual_mailbox_domains = DOMAIN
virtual_mailbox_base = DIR/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:UID
virtual_gid_maps = static:UID
virtual_minimum_uid = 1
smtpd_tls_security_level = may
smtpd_tls_cert_file = DIR/cert.pem
smtpd_tls_key_file = DIR/key.pem
smtputf8_enable = yes
`) + s.transport()
}

// transport routes the further domains.
func (s *Server) transport() string {
	if len(s.relay) == 0 {
		return ""
	}
	var domains, routes, asked []string
	for domain, addr := range s.relay {
		host, port, _ := net.SplitHostPort(addr)
		domains = append(domains, domain)
		routes = append(routes, "{ "+domain+" = smtp:["+host+"]:"+port+" }")
		asked = append(asked, "{ "+domain+" = reject_unverified_recipient }")
	}
	return strings.NewReplacer("DOMAINS", strings.Join(domains, " "), "ROUTES", strings.Join(routes, ", "), "ASKED", strings.Join(asked, ", "), "DIR", s.dir).Replace(`relay_domains = DOMAINS
relay_recipient_maps =
transport_maps = inline:{ ROUTES }
smtpd_recipient_restrictions = check_recipient_access regexp:DIR/etc/recipients, check_recipient_access inline:{ ASKED }, reject_unauth_destination
unverified_recipient_reject_code = 550
address_verify_map =
address_verify_poll_delay = 1s
`)
}

func (s *Server) masterCF() string {
	return s.Addr + ` inet n - n - - smtpd
` + s.Implicit + ` inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
` + s.submission() + `cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
pickup unix n - n 60 1 pickup
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
}

// submission is the service that users hand their mail to.
func (s *Server) submission() string {
	if s.auth == 0 {
		return ""
	}
	return s.Submission + ` inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_type=dovecot
  -o smtpd_sasl_path=inet:127.0.0.1:` + strconv.Itoa(s.auth) + `
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
`
}
