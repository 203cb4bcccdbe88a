package testnginx

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// Server is one nginx.
type Server struct {
	Port int    // 127.0.0.1 only, until Stop; Start takes the same again
	Root string // the document root: put files here

	tb   testing.TB
	conf string
	cmd  *exec.Cmd
}

// Options change what is served.
type Options struct {
	Port     int    // 0 picks a free one
	Extra    string // directives inside the server block
	CertFile string // PEM; with KeyFile it makes the port speak TLS
	KeyFile  string
}

// New starts nginx and waits until it accepts; the test's end stops it. It
// fails the test when nginx is not installed.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	if _, err := exec.LookPath("nginx"); err != nil {
		tb.Fatalf("nginx is missing (%v): apt-get install -y --no-install-recommends nginx", err)
	}
	dir := tb.TempDir()
	s := &Server{Port: o.Port, Root: filepath.Join(dir, "www"), conf: filepath.Join(dir, "nginx.conf"), tb: tb}
	if s.Port == 0 {
		s.Port = testproc.FreePort(tb)
	}
	must(tb, os.MkdirAll(filepath.Join(dir, "tmp"), 0o755))
	must(tb, os.MkdirAll(s.Root, 0o755))
	must(tb, os.WriteFile(filepath.Join(s.Root, "index.html"), []byte("<p>OK, all is well</p>\n"), 0o644))
	must(tb, os.WriteFile(s.conf, []byte(config(dir, s, o)), 0o644))
	s.Start()
	tb.Cleanup(s.Stop)
	return s
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// config is a whole nginx.conf: one process, all its files below dir.
func config(dir string, s *Server, o Options) string {
	tls := ""
	listen := fmt.Sprintf("127.0.0.1:%d", s.Port)
	if o.CertFile != "" {
		listen += " ssl"
		tls = fmt.Sprintf("ssl_certificate %s;\n    ssl_certificate_key %s;", o.CertFile, o.KeyFile)
	}
	return fmt.Sprintf(`daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path %[1]s/tmp;
  proxy_temp_path %[1]s/tmp;
  fastcgi_temp_path %[1]s/tmp;
  uwsgi_temp_path %[1]s/tmp;
  scgi_temp_path %[1]s/tmp;
  default_type text/html;
  server {
    listen %[2]s;
    server_name localhost;
    root %[3]s;
    %[4]s
    %[5]s
  }
}
`, dir, listen, s.Root, tls, o.Extra)
}

// Start starts nginx again after Stop, on the same port.
func (s *Server) Start() {
	s.tb.Helper()
	s.cmd = exec.Command("nginx", "-c", s.conf, "-p", filepath.Dir(s.conf), "-e", filepath.Join(filepath.Dir(s.conf), "error.log"))
	must(s.tb, s.cmd.Start())
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port))
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(filepath.Dir(s.conf), "error.log"))
			s.tb.Fatalf("nginx does not accept on port %d: %v\n%s", s.Port, err, log)
		}
		time.Sleep(10 * time.Millisecond) // another process: nothing else tells
	}
}

// Stop stops nginx and waits for its end; a second Stop does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.cmd.Wait()
	s.cmd = nil
}

// URL is the address of a path.
func (s *Server) URL(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", s.Port, path) }
