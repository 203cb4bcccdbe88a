package stonith

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary is the fence device too, when it is called by a device's name.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); {
	case strings.HasPrefix(name, "fence_"):
		os.Exit(fakeAgent())
	case name == "stonith":
		os.Exit(fakeGlue())
	}
	goleak.VerifyTestMain(m)
}

// fake is a device whose machines are files in a folder: each holds on or off.
type fake struct{ params map[string]string }

func (f fake) mode(name string) bool {
	return strings.Contains(","+f.params["mode"]+",", ","+name+",")
}

func (f fake) file(plug string) string { return filepath.Join(f.params["state_dir"], plug) }

// note counts what was done.
func (f fake) note(what string) {
	log, err := os.OpenFile(f.file("log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		fmt.Fprintln(log, what)
		log.Close()
	}
}

func (f fake) set(plug, to string) { os.WriteFile(f.file(plug), []byte(to), 0o600) }

// act does what a device does to a machine, and returns the exit code.
func (f fake) act(action, plug string) int {
	if f.mode("nologin") {
		fmt.Fprintln(os.Stderr, "Unable to connect/login to fencing device with", f.params["password"])
		return agentNoLogin
	}
	f.note(action + " " + plug)
	switch {
	case f.mode("hang"):
		time.Sleep(time.Hour)
	case f.mode("slow"):
		time.Sleep(300 * time.Millisecond)
	case f.mode("fail"):
		fmt.Fprintln(os.Stderr, "Failed: Timed out waiting to power OFF")
		return 1
	case f.mode("flood"):
		fmt.Print(strings.Repeat("x", 1<<20))
	case f.mode("fork"):
		exec.Command("/bin/sleep", "3600").Start()
	}
	if !f.mode("lie") {
		f.set(plug, map[string]string{"off": "off", "reboot": "on", "reset": "on"}[action])
	}
	if f.mode("hang-after") {
		time.Sleep(time.Hour)
	}
	fmt.Println("done with password", f.params["password"])
	if f.mode("fail-after") {
		return 1
	}
	return 0
}

func (f fake) status(plug string) int {
	b, err := os.ReadFile(f.file(plug))
	if err != nil || f.mode("status-fails") {
		fmt.Fprintln(os.Stderr, "Failed: no such plug; password", f.params["password"])
		return 1
	}
	fmt.Println("Status:", strings.ToUpper(string(b)))
	if string(b) == "off" {
		return 2
	}
	return 0
}

// fakeAgent keeps the contract of fence agents.
func fakeAgent() int {
	f := fake{params: map[string]string{}}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		f.params[name] = value
	}
	if len(os.Args) > 1 {
		return agentBadArgs // with arguments, standard input is not read
	}
	switch f.params["action"] {
	case "monitor":
		if f.mode("down") {
			return 1
		}
		return 0
	case "status":
		if f.mode("down") {
			return 1
		}
		return f.status(f.params["plug"])
	case "off", "reboot":
		return f.act(f.params["action"], f.params["plug"])
	}
	return agentBadArgs
}

// fakeGlue keeps the contract of stonith(8).
func fakeGlue() int {
	f := fake{params: map[string]string{}}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		f.params[name] = value
	}
	args := strings.Join(os.Args[1:], " ")
	switch rest, ok := strings.CutPrefix(args, "-t external/fake -E "); {
	case !ok:
		return glueBadConfig
	case rest == "-S":
		if f.mode("down") {
			return glueAccess
		}
		return 0
	case rest == "-l":
		fmt.Println(strings.ReplaceAll(f.params["hostlist"], " ", "\n"))
		return 0
	case strings.HasPrefix(rest, "-T "):
		fields := strings.Fields(rest)
		return f.act(fields[1], fields[2])
	}
	return glueInvalid
}
