// Package dovecottest runs Debian's dovecot for a test: POP3 and IMAP, each plain
// (with STARTTLS) and over TLS, on loopback high ports, with configuration and
// mailboxes in a temporary folder. It never touches /etc/dovecot. It needs root and
// the packages dovecot-imapd and dovecot-pop3d.
package dovecottest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
)

// The one user that can log in.
const (
	User     = "anna@example.net"
	Password = "correct horse"
)

// Options change what is served.
type Options struct {
	Maildir string // the mailbox of User; "" makes an empty one
	Owner   string // the system's user whose files the mailbox is; "" means dovenull
	IPv6    bool   // listen on ::1 too
}

// Server is one dovecot.
type Server struct {
	POP3, POP3S int // ports on 127.0.0.1
	IMAP, IMAPS int
	Auth        int    // port that postfix asks about logins
	CertFile    string // its certificate, which is its own authority

	dir string
	cmd *exec.Cmd
}

// Start runs a server until the test ends. It fails the test, with the packages
// to install, where it cannot run.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts dovecot")
	}
	for _, program := range []string{"/usr/sbin/dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3"} {
		if _, err := os.Stat(program); err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends dovecot-imapd dovecot-pop3d", err)
		}
	}
	if os.Geteuid() != 0 {
		t.Fatal("dovecot can only be started by root")
	}
	dir, err := os.MkdirTemp("", "dovecottest") // t.TempDir is too long for its sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cert := testnginx.NewCert(t, 90*24*time.Hour)
	port := func() int { return testproc.FreePort(t) }
	s := &Server{POP3: port(), POP3S: port(), IMAP: port(), IMAPS: port(), Auth: port(), CertFile: cert.CertFile, dir: dir}
	if err := s.configure(o, cert); err != nil {
		t.Fatal(err)
	}
	s.Run(t)
	t.Cleanup(s.Stop)
	return s
}

// Run starts the server, again after Stop.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	out, err := os.Create(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd = exec.Command("/usr/sbin/dovecot", "-F", "-c", filepath.Join(s.dir, "dovecot.conf"))
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.IMAP)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond) // another process: nothing else tells
	}
	s.Stop()
	said, _ := os.ReadFile(out.Name())
	t.Fatalf("dovecot does not listen: %s %s", said, s.Log())
}

// Stop ends the server; its mailboxes stay. A second Stop does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	group := -s.cmd.Process.Pid
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	killed := time.AfterFunc(5*time.Second, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	defer killed.Stop()
	_ = s.cmd.Wait()
	// Its children outlive it while someone is connected to them.
	_ = syscall.Kill(group, syscall.SIGKILL)
	s.cmd = nil
}

// Log is what the server wrote.
func (s *Server) Log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(b)
}

func (s *Server) configure(o Options, cert testnginx.Cert) error {
	if o.Owner == "" {
		o.Owner = "dovenull"
	}
	owner, err := user.Lookup(o.Owner)
	if err != nil {
		return err
	}
	if o.Maildir == "" {
		o.Maildir = filepath.Join(s.dir, "mail")
	}
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	listen := "127.0.0.1"
	if o.IPv6 {
		listen += ", ::1"
	}
	home := filepath.Join(s.dir, "home")
	for _, made := range []string{home, o.Maildir} {
		if err := os.MkdirAll(made, 0o755); err != nil {
			return err
		}
		var uid, gid int
		fmt.Sscan(owner.Uid, &uid)
		fmt.Sscan(owner.Gid, &gid)
		if err := os.Chown(made, uid, gid); err != nil {
			return err
		}
	}
	conf := strings.NewReplacer("DIR", s.dir, "MAILDIR", o.Maildir, "UID", owner.Uid, "GID", owner.Gid, "LISTEN", listen,
		"CERT", cert.CertFile, "KEY", cert.KeyFile, "AUTHPORT", fmt.Sprint(s.Auth),
		"POP3PORT", fmt.Sprint(s.POP3), "POP3SPORT", fmt.Sprint(s.POP3S), "IMAPPORT", fmt.Sprint(s.IMAP), "IMAPSPORT", fmt.Sprint(s.IMAPS)).Replace(conf)
	if err := os.WriteFile(filepath.Join(s.dir, "users"), []byte(User+":{PLAIN}"+Password+":"+owner.Uid+":"+owner.Gid+"::"+home+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "dovecot.conf"), []byte(conf), 0o644)
}

const conf = `base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log
listen = LISTEN
protocols = imap pop3
ssl = yes
ssl_cert = <CERT
ssl_key = <KEY
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
mail_location = maildir:MAILDIR
mail_uid = UID
mail_gid = GID
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = passwd-file
  args = DIR/users
}
userdb {
  driver = passwd-file
  args = DIR/users
}
# Without it a wrong password delays the next login.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = AUTHPORT
  }
}
service pop3-login {
  inet_listener pop3 {
    port = POP3PORT
  }
  inet_listener pop3s {
    port = POP3SPORT
    ssl = yes
  }
}
service imap-login {
  inet_listener imap {
    port = IMAPPORT
  }
  inet_listener imaps {
    port = IMAPSPORT
    ssl = yes
  }
}
`
