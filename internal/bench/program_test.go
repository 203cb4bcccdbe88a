package bench

import (
	"bytes"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is a running program that is measured.
type program struct {
	cmd *exec.Cmd
	log bytes.Buffer
}

// start runs a program until the benchmark ends.
func start(b *testing.B, path string, args ...string) *program {
	b.Helper()
	p := &program{cmd: exec.Command(path, args...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.cmd.Wait()
	})
	return p
}

// ready waits until the program answers.
func (p *program) ready(b *testing.B, url string) {
	b.Helper()
	for range 600 {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond) // another process: there is nothing to wait on
	}
	b.Fatalf("%s does not answer at %s:\n%s", p.cmd.Path, url, &p.log)
}

// ours is one of our programs as `make build` left it.
func ours(b *testing.B, name string) string {
	path, err := filepath.Abs(filepath.Join("../../bin", name))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		b.Fatalf("%v (make build)", err)
	}
	return path
}

// peer is a program of Debian.
func peer(b *testing.B, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		b.Skipf("%v: no peer (apt-get install -y --no-install-recommends %s)", err, name)
	}
	return path
}

func (p *program) proc() string { return "/proc/" + strconv.Itoa(p.cmd.Process.Pid) }

// cpu is the time on a processor of all threads. Go's threads do not end.
func (p *program) cpu(b *testing.B) (sum time.Duration) {
	b.Helper()
	tasks, err := filepath.Glob(p.proc() + "/task/*/schedstat")
	if err != nil || len(tasks) == 0 {
		b.Fatalf("%s is gone: %v\n%s", p.cmd.Path, err, &p.log)
	}
	for _, path := range tasks {
		sum += time.Duration(firstNumber(b, path))
	}
	return sum
}

func firstNumber(b *testing.B, path string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// rss is the resident memory in MB of 10^6 bytes.
func (p *program) rss(b *testing.B) float64 { return rssOf(b, p.proc()) }

// rssOf is that of a process by its folder in /proc.
func rssOf(b *testing.B, proc string) float64 {
	text, err := os.ReadFile(proc + "/status")
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kib) * 1024 / 1e6
}

// used is the room that a directory takes on the disk, without the reserve that
// our store keeps for a full disk.
func used(b *testing.B, dir string) (bytes int64) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "ballast" {
			return nil // a file may go while we look
		}
		if st, err := os.Stat(path); err == nil {
			bytes += st.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

func freeAddr(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func writeFile(b *testing.B, dir, name, text string) string {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
