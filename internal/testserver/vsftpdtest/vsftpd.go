// Package vsftpdtest runs Debian's vsftpd for a test, on a loopback high port, with
// configuration and files in a temporary folder. It never touches
// /etc/vsftpd.conf. It needs root and the package vsftpd.
//
// The one user is "ftp" with a password: vsftpd calls it an anonymous login with a
// list of e-mail passwords, and so needs neither accounts nor PAM.
package vsftpdtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
)

// The one user that can log in, and the file that it finds.
const (
	User     = "ftp"
	Password = "correct-horse"
	File     = "/motd.txt"
	Content  = "all is well\n"
)

// Server is one vsftpd.
type Server struct {
	Port     int
	CertFile string // its certificate, which is its own authority

	dir string
	cmd *exec.Cmd
}

// Start runs a server until the test ends; implicit makes it speak TLS at once,
// else it offers AUTH TLS. It fails the test, with the package to install, where
// it cannot run.
func Start(t testing.TB, implicit bool) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts vsftpd")
	}
	if _, err := os.Stat("/usr/sbin/vsftpd"); err != nil {
		t.Fatalf("%v: apt-get install -y --no-install-recommends vsftpd", err)
	}
	if os.Geteuid() != 0 {
		t.Fatal("vsftpd can only be started by root")
	}
	dir, err := os.MkdirTemp("", "vsftpdtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cert := testnginx.NewCert(t, 90*24*time.Hour)
	s := &Server{Port: testproc.FreePort(t), CertFile: cert.CertFile, dir: dir}
	if err := s.configure(cert, implicit); err != nil {
		t.Fatal(err)
	}
	s.Run(t)
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) configure(cert testnginx.Cert, implicit bool) error {
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	for _, sub := range []string{"files", "empty"} {
		if err := os.Mkdir(filepath.Join(s.dir, sub), 0o755); err != nil {
			return err
		}
	}
	yes := map[bool]string{true: "YES", false: "NO"}
	for name, content := range map[string]string{
		"files" + File: Content,
		"passwords":    Password + "\n",
		"vsftpd.conf": fmt.Sprintf(`background=NO
listen=YES
listen_address=127.0.0.1
listen_port=%[2]d
anonymous_enable=YES
local_enable=NO
secure_email_list_enable=YES
email_password_file=%[1]s/passwords
anon_root=%[1]s/files
secure_chroot_dir=%[1]s/empty
nopriv_user=nobody
connect_from_port_20=NO
seccomp_sandbox=NO
delay_failed_login=0
xferlog_enable=NO
ssl_enable=YES
allow_anon_ssl=YES
implicit_ssl=%[5]s
force_local_logins_ssl=NO
rsa_cert_file=%[3]s
rsa_private_key_file=%[4]s
ssl_ciphers=HIGH
`, s.dir, s.Port, cert.CertFile, cert.KeyFile, yes[implicit]),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Run starts the server, again after Stop.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	out, err := os.Create(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd = exec.Command("/usr/sbin/vsftpd", filepath.Join(s.dir, "vsftpd.conf"))
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
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
	t.Fatalf("vsftpd does not listen: %s", said)
}

// Stop ends the server and its sessions. A second Stop does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // its sessions ignore its end
	_ = s.cmd.Wait()
	s.cmd = nil
}
