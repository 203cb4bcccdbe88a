// Package baresip runs Debian's baresip for tests: a real telephone without a
// screen, a loudspeaker or a microphone, on loopback, which answers at once and
// presses keys when it is told to.
package baresip

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// Phone is one baresip.
type Phone struct {
	Port int // UDP and TCP, on 127.0.0.1

	tb      testing.TB
	dir     string
	process *testproc.Process
	control net.Conn
	lines   *bufio.Reader
}

// Start runs a phone until the test ends.
func Start(tb testing.TB) *Phone {
	tb.Helper()
	p := &Phone{Port: testproc.FreePort(tb), tb: tb, dir: testproc.Dir(tb, "")}
	control := testproc.FreePort(tb)
	silence := make([]byte, 44+2*8000*60)
	copy(silence, "RIFF\x24\xa6\x0e\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\xa6\x0e\x00")
	testproc.File(tb, p.dir, "silence.wav", string(silence))
	testproc.File(tb, p.dir, "contacts", "")
	testproc.File(tb, p.dir, "accounts", "<sip:phone@127.0.0.1>;regint=0;answermode=auto\n")
	modules, err := filepath.Glob("/usr/lib/*/baresip/modules")
	testproc.Must(tb, err)
	testproc.File(tb, p.dir, "config", fmt.Sprintf(`sip_listen 127.0.0.1:%d
module_path %s
module account.so
module g711.so
module aufile.so
module sndfile.so
module menu.so
module ctrl_tcp.so
audio_source aufile,%s/silence.wav
audio_srate 8000
snd_path %s
ctrl_tcp_listen 127.0.0.1:%d
`, p.Port, strings.Join(append(modules, "/usr/lib/baresip/modules")[:1], ""), p.dir, p.dir, control))
	p.process = testproc.Start(tb, testproc.Command{Path: "baresip", Args: []string{"-4", "-f", p.dir}, Dir: p.dir, Apt: "baresip-core"})
	p.process.WaitFor(func() error {
		var err error
		p.control, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(control)))
		return err
	})
	tb.Cleanup(func() { p.control.Close() })
	p.lines = bufio.NewReader(p.control)
	return p
}

// event is what baresip tells of a call.
type event struct {
	Type string `json:"type"`
}

// next reads one netstring: LENGTH:JSON,
func (p *Phone) next() (event, error) {
	var e event
	length, err := p.lines.ReadString(':')
	if err != nil {
		return e, err
	}
	n, err := strconv.Atoi(strings.TrimRight(length, ":"))
	if err != nil || n > 1<<16 {
		return e, fmt.Errorf("length %q: %w", length, err)
	}
	raw := make([]byte, n+1)
	if _, err := io.ReadFull(p.lines, raw); err != nil {
		return e, err
	}
	return e, json.Unmarshal(raw[:n], &e)
}

// WaitFor waits until a call gets as far as an event, such as CALL_ESTABLISHED
// or CALL_CLOSED.
func (p *Phone) WaitFor(kind string) error {
	testproc.Must(p.tb, p.control.SetReadDeadline(time.Now().Add(20*time.Second)))
	for {
		e, err := p.next()
		if err != nil {
			return fmt.Errorf("wait for %s: %w\n%s", kind, err, p.process.Output())
		}
		if e.Type == kind {
			return nil
		}
	}
}

// Press presses a key in the call that goes on.
func (p *Phone) Press(key byte) error {
	command, err := json.Marshal(map[string]string{"command": "sndcode", "params": string(key)})
	if err == nil {
		_, err = fmt.Fprintf(p.control, "%d:%s,", len(command), command)
	}
	return err
}

// Heard is the file of what the phone played, once a call is over: WAV of 16
// bits at 8 kHz.
func (p *Phone) Heard() []byte {
	p.tb.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	testproc.Must(p.tb, err)
	if len(files) == 0 {
		p.tb.Fatalf("the phone kept nothing\n%s", p.process.Output())
	}
	b, err := os.ReadFile(files[len(files)-1])
	testproc.Must(p.tb, err)
	return b
}
