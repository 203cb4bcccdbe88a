// Package inntest runs the reader's server of Debian's INN, nnrpd, for a test: on
// loopback high ports, plain with STARTTLS and over TLS, with configuration, one
// group and one user in a temporary folder. It never touches /etc/news. It needs
// root, from which it becomes the user news, and the package inn2.
package inntest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
)

// The one user that can log in, and the one group that it finds, which is empty.
const (
	User     = "anna"
	Password = "correct-horse"
	Group    = "local.test"
)

// hash is what crypt(3) makes of Password.
const hash = "$6$monitord$5cZjsEIun2gYiyhOfkZ2FZVsie8XC.nFsTjGdJTaghZsccpo44Eq.7IFljvJvgd8MAQOPILUwp0xdSq1GdpLp1"

const bin = "/usr/lib/news/bin/"

// Server is INN's reader side: two daemons, as inetd would start them.
type Server struct {
	Port, TLSPort int    // on 127.0.0.1
	CertFile      string // its certificate, which is its own authority

	dir   string
	owner *syscall.Credential
	cmds  []*exec.Cmd
}

// Start runs a server until the test ends. It fails the test, with the package
// to install, where it cannot run.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts INN")
	}
	for _, program := range []string{"nnrpd", "makedbz", "tdx-util", "auth/passwd/ckpasswd"} {
		if _, err := os.Stat(bin + program); err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends inn2", err)
		}
	}
	if os.Geteuid() != 0 {
		t.Fatal("INN can only be started by root, which becomes the user news")
	}
	dir, err := os.MkdirTemp("", "inntest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cert := testnginx.NewCert(t, 90*24*time.Hour)
	s := &Server{Port: testproc.FreePort(t), TLSPort: testproc.FreePort(t), CertFile: cert.CertFile, dir: dir}
	if err := s.configure(cert); err != nil {
		t.Fatal(err)
	}
	s.Run(t)
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) configure(cert testnginx.Cert) error {
	news, err := user.Lookup("news")
	if err != nil {
		return err
	}
	uid, errUID := strconv.ParseUint(news.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(news.Gid, 10, 32)
	if errUID != nil || errGID != nil {
		return fmt.Errorf("user news is %s:%s", news.Uid, news.Gid)
	}
	s.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := s.write(cert); err != nil {
		return err
	}
	for _, command := range [][]string{{"makedbz", "-i", "-o", "-s", "1000"}, {"tdx-util", "-c", "-n", Group}} {
		if out, err := s.command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", command[0], err, out)
		}
	}
	return nil
}

// write makes every file and gives all to the user news.
func (s *Server) write(cert testnginx.Cert) error {
	for _, sub := range []string{"etc", "db", "log", "run", "articles", "overview", "incoming", "outgoing", "tmp"} {
		if err := os.Mkdir(filepath.Join(s.dir, sub), 0o755); err != nil {
			return err
		}
	}
	files := map[string]string{
		"inn.conf":         fmt.Sprintf(innConf, s.dir),
		"etc/storage.conf": "method tradspool {\n  newsgroups: *\n  class: 0\n}\n",
		"etc/readers.conf": fmt.Sprintf("auth \"local\" {\n  hosts: \"127.0.0.1\"\n  auth: \"ckpasswd -f %s/etc/passwd\"\n}\naccess \"all\" {\n  users: \"%s*\"\n  newsgroups: \"*\"\n}\n", s.dir, User),
		"etc/passwd":       User + ":" + hash + "\n",
		"db/active":        Group + " 0000000000 0000000001 y\n",
		"db/active.times":  "", "db/history": "",
	}
	for name, from := range map[string]string{"cert.pem": cert.CertFile, "key.pem": cert.KeyFile} {
		raw, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		files[name] = string(raw)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return filepath.Walk(s.dir, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(s.owner.Uid), int(s.owner.Gid))
	})
}

const innConf = `organization: test
domain: example.net
pathhost: news.example.net
mta: /bin/false
ovmethod: tradindexed
hismethod: hisv6
nnrpdloadlimit: 0
enableoverview: true
pathnews: /usr/lib/news
pathbin: /usr/lib/news/bin
pathspool: %[1]s
patharticles: %[1]s/articles
pathdb: %[1]s/db
pathetc: %[1]s/etc
pathlog: %[1]s/log
pathrun: %[1]s/run
pathoverview: %[1]s/overview
pathincoming: %[1]s/incoming
pathoutgoing: %[1]s/outgoing
pathtmp: %[1]s/tmp
tlscapath: %[1]s
tlscertfile: %[1]s/cert.pem
tlskeyfile: %[1]s/key.pem
`

// command is a program of INN, run as the user news with our configuration.
func (s *Server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(bin+program, args...)
	cmd.Env = []string{"INNCONF=" + filepath.Join(s.dir, "inn.conf"), "PATH=/usr/bin:/bin"}
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: s.owner}
	return cmd
}

// Run starts the server, again after Stop.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	s.daemon(t, s.Port)
	s.daemon(t, s.TLSPort, "-S")
}

func (s *Server) daemon(t testing.TB, port int, args ...string) {
	t.Helper()
	cmd := s.command("nnrpd", append(args, "-D", "-f", "-4", "127.0.0.1", "-p", strconv.Itoa(port))...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.cmds = append(s.cmds, cmd)
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond) // another process: nothing else tells
	}
	t.Fatalf("nnrpd does not listen on port %d", port)
}

// Stop ends the server and its sessions. A second Stop does nothing.
func (s *Server) Stop() {
	for _, cmd := range s.cmds {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
	s.cmds = nil
}
