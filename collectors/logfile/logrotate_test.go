package logfile

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDebiansLogrotateLosesAndDoublesNothing rotates with the real program, while
// the log is followed and while it is not.
func TestDebiansLogrotateLosesAndDoublesNothing(t *testing.T) {
	if _, err := exec.LookPath("logrotate"); err != nil {
		t.Skip("skipped: logrotate is not installed")
	}
	for mode, directives := range map[string]string{
		"create":                    "create 0600",
		"nocreate":                  "nocreate",
		"copytruncate":              "copytruncate",
		"compress":                  "create\ncompress",
		"delaycompress":             "create\ncompress\ndelaycompress",
		"dateext compress":          "create\ncompress\ndateext\ndateformat -%Y%m%d-%s",
		"olddir":                    "create\nolddir OLD",
		"olddir copytruncate":       "copytruncate\nolddir OLD",
		"copytruncate compress":     "copytruncate\ncompress",
		"copytruncate dateext":      "copytruncate\ndateext\ndateformat -%Y%m%d-%s",
		"extension":                 "create\nextension .log",
		"compress with zstd":        "create\ncompress\ncompresscmd /usr/bin/zstd\nuncompresscmd /usr/bin/unzstd\ncompressext .zst\ncompressoptions --rm -q",
		"copytruncate delay, small": "copytruncate\ncompress\ndelaycompress\nsize 1",
	} {
		t.Run(mode, func(t *testing.T) {
			if strings.Contains(directives, "zstd") {
				if _, err := exec.LookPath("zstd"); err != nil {
					t.Skip("skipped: zstd is not installed")
				}
			}
			r := newRig(t, "log/app.log")
			r.cfg.Files[0].Rotated = r.path("old")
			r.do(os.Mkdir(r.path("log"), 0o700))
			r.do(os.Mkdir(r.path("old"), 0o700))
			conf := fmt.Sprintf("%s {\nsu root root\nrotate 9\nmissingok\n%s\n}\n", r.path("log/app.log"), strings.ReplaceAll(directives, "OLD", r.path("old")))
			r.do(os.WriteFile(r.path("conf"), []byte(conf), 0o600))
			var want []string
			write := func(n int) {
				text, lines := long(fmt.Sprintf("%s %d", mode, len(want)), len(want), n)
				r.write("log/app.log", text)
				want = append(want, lines...)
			}
			rotate := func() {
				if strings.Contains(directives, "dateext") {
					time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1020 * time.Millisecond))) // the name has seconds, and time(2) lags by a tick
				}
				if out, err := exec.Command("logrotate", "--force", "--state", r.path("state"), r.path("conf")).CombinedOutput(); err != nil {
					t.Fatalf("logrotate: %v\n%s", err, out)
				}
			}
			r.start()
			for range 2 { // followed
				write(5)
				r.want(want...)
				write(30)
				rotate()
				write(20)
				r.want(want...)
			}
			r.stop()
			write(30) // not followed, and rotated twice
			rotate()
			write(25)
			rotate()
			write(10)
			r.start()
			r.want(want...)
			r.stop()
			r.start() // and nothing comes again
			r.write("log/app.log", "end\n")
			r.want(slices.Concat(want, []string{"end"})...)
		})
	}
}
