package tsdb

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// childEnv makes the test binary an appender on the named directory.
const childEnv = "TSDB_TEST_APPEND_TO"

// appendForever appends numbered samples, one in ten an hour late, and prints a
// line "id millis" for each that was acknowledged. It ends by being killed.
func appendForever(dir string) {
	db, err := Open(testOptions(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	go db.Run(context.Background())
	var out sync.Mutex
	base := time.Now().UnixNano()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d_%d_%d", base, w, i)
				at := time.Now()
				if i%10 == 0 {
					at = at.Add(-time.Hour)
				}
				// A new series each time: its record must survive too.
				s := Sample{metric("__name__", "crash", "id", id), at.UnixMilli(), float64(i)}
				for {
					if err = db.Append(context.Background(), []Sample{s}); err == nil {
						break
					}
					time.Sleep(10 * time.Millisecond) // full or reopening: as a sender does
				}
				out.Lock()
				fmt.Println(id, at.UnixMilli(), i)
				out.Unlock()
			}
		})
	}
	wg.Wait()
}

// child starts an appender and returns what it acknowledged after it was killed
// when d is over.
func child(t *testing.T, dir string, d time.Duration) (acked []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	if lines.Scan() { // it is up
		acked = append(acked, lines.Text())
		kill := time.AfterFunc(d, func() { cmd.Process.Kill() })
		defer kill.Stop()
	}
	for lines.Scan() {
		acked = append(acked, lines.Text())
	}
	cmd.Wait() // always "killed"
	if len(acked) == 0 {
		t.Fatal("the child acknowledged nothing")
	}
	return acked
}

// missing returns the acknowledged samples that the store does not have.
func missing(t *testing.T, db *DB, acked []string) (lost []string) {
	t.Helper()
	have := map[string]bool{}
	s, err := db.QueryRange(context.Background(), "crash[3h]", time.Now(), time.Now(), time.Second)
	if err == nil {
		t.Fatalf("a range selector as a range query: %v", s)
	}
	s, err = db.Query(context.Background(), "crash[3h]", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range s {
		for _, p := range line.Points {
			have[fmt.Sprintf("%s %d %v", line.Labels["id"], p.At.UnixMilli(), p.Value)] = true
		}
	}
	for _, a := range acked {
		f := strings.Fields(a)
		if len(f) == 3 && !have[a] {
			if _, err := strconv.Atoi(f[2]); err == nil {
				lost = append(lost, a)
			}
		}
	}
	return lost
}

func TestKill9LosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	var acked []string
	for range 4 {
		acked = append(acked, child(t, dir, time.Duration(50+rand.IntN(400))*time.Millisecond)...)
	}
	db := openTest(t, testOptions(dir))
	if lost := missing(t, db, acked); len(lost) > 0 {
		t.Fatalf("%d of %d lost, first %s", len(lost), len(acked), lost[0])
	}
	t.Logf("%d acknowledged samples found", len(acked))
}
