package graphs

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rrdtool is an rrdtool that reads commands from a pipe, the cheapest way to run it.
type rrdtool struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	dir string
}

func startRrdtool(b *testing.B) *rrdtool {
	path, err := exec.LookPath("rrdtool")
	if err != nil {
		b.Fatalf("%v (apt-get install rrdtool)", err)
	}
	r := &rrdtool{cmd: exec.Command(path, "-"), dir: b.TempDir()}
	r.cmd.Env = append(os.Environ(), "TZ=UTC")
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	r.out = bufio.NewReader(out)
	if err := r.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return r
}

// do sends one command and waits for its answer.
func (r *rrdtool) do(b *testing.B, command string) (user float64) {
	if _, err := io.WriteString(r.in, command+"\n"); err != nil {
		b.Fatal(err)
	}
	for {
		line, err := r.out.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "ERROR") {
			b.Fatalf("rrdtool: %s%v", line, err)
		}
		var system, real float64
		if n, _ := fmt.Sscanf(line, "OK u:%f s:%f r:%f", &user, &system, &real); n == 3 {
			return user + system
		}
	}
}

// BenchmarkRrdtoolPNG is the benchmark picture drawn by rrdtool, whose answer to
// each command tells the processor time it has used so far.
func BenchmarkRrdtoolPNG(b *testing.B) {
	r := startRrdtool(b)
	p := benchPicture()
	rrd, file := filepath.Join(r.dir, "a.rrd"), filepath.Join(r.dir, "a.png")
	start := p.Start.Unix()
	r.do(b, fmt.Sprintf("create %s --start %d --step 60 DS:a:GAUGE:120:U:U DS:b:GAUGE:120:U:U RRA:AVERAGE:0.5:1:700", rrd, start-60))
	for i := range p.Layers[0].Points {
		r.do(b, fmt.Sprintf("update %s %d:%f:%f", rrd, start+int64(i)*60, p.Layers[0].Points[i].Value, p.Layers[1].Points[i].Value))
	}
	graph := fmt.Sprintf("graph %s --start %d --end %d --width 600 --height 200 --full-size-mode --title cpu DEF:a=%s:a:AVERAGE DEF:b=%s:b:AVERAGE LINE1.5:a#2463C4:user LINE1.5:b#17876D:system",
		file, start, p.End.Unix(), rrd, rrd)
	for _, f := range []string{"a", "b"} {
		for _, fn := range []string{"LAST", "MIN", "AVERAGE", "MAX"} {
			graph += fmt.Sprintf(" GPRINT:%s:%s:%%6.2lf", f, fn)
		}
	}
	before, after := r.do(b, graph), 0.0
	for b.Loop() {
		after = r.do(b, graph)
	}
	b.ReportMetric((after-before)*1e3/float64(b.N), "cpu-ms/op")
	if look := os.Getenv("GRAPHS_LOOK"); look != "" {
		picture, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(filepath.Join(look, "rrdtool.png"), picture, 0o644)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := r.in.Close(); err != nil {
		b.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}
