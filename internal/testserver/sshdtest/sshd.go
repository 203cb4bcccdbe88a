// Package sshdtest runs OpenSSH's sshd for a test, on a loopback high port, with
// keys and configuration in a temporary folder. Nobody can log in. It needs the
// package openssh-server, and no rights: a root test runs it as nobody.
package sshdtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// Server is one sshd.
type Server struct {
	Port        int    // on 127.0.0.1 and ::1
	Fingerprint string // of its one host key, as ssh-keygen -l prints it

	dir string
	cmd *exec.Cmd
}

// Start runs a server until the test ends. It fails the test, with the package
// to install, where it cannot run.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts sshd")
	}
	for _, program := range []string{"/usr/sbin/sshd", "/usr/bin/ssh-keygen"} {
		if _, err := os.Stat(program); err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends openssh-server", err)
		}
	}
	dir, err := os.MkdirTemp("", "sshdtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Port: testproc.FreePort(t), dir: dir}
	if err := s.configure(); err != nil {
		t.Fatal(err)
	}
	s.Run(t)
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) configure() error {
	key := filepath.Join(s.dir, "key")
	if out, err := exec.Command("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		return fmt.Errorf("ssh-keygen: %w: %s", err, out)
	}
	out, err := exec.Command("/usr/bin/ssh-keygen", "-l", "-f", key+".pub").Output()
	if err != nil {
		return fmt.Errorf("ssh-keygen -l: %w", err)
	}
	s.Fingerprint = strings.Fields(string(out))[1]
	conf := fmt.Sprintf("ListenAddress 127.0.0.1:%d\nListenAddress [::1]:%d\nHostKey %s\nPidFile none\nUsePAM no\nPasswordAuthentication no\nStrictModes no\n", s.Port, s.Port, key)
	if err := os.WriteFile(filepath.Join(s.dir, "sshd_config"), []byte(conf), 0o644); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := nobody()
	if err != nil {
		return err
	}
	for _, path := range []string{s.dir, key} {
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return nil
}

func nobody() (*syscall.Credential, error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	if errUID != nil || errGID != nil {
		return nil, fmt.Errorf("user nobody is %s:%s", u.Uid, u.Gid)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// Run starts the server, again after Stop.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	out, err := os.Create(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd = exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", filepath.Join(s.dir, "sshd_config"))
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if os.Geteuid() == 0 {
		if s.cmd.SysProcAttr.Credential, err = nobody(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond) // another process: nothing else tells
	}
	s.Stop()
	said, _ := os.ReadFile(out.Name())
	t.Fatalf("sshd does not listen: %s", said)
}

// Stop ends the server. A second Stop does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	s.cmd = nil
}
