package control

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monitord/internal/httpd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func serve(t *testing.T, dir string, change func(*checked)) {
	t.Helper()
	ln, err := Listen(t.Context(), dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(ln.(*checked))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	handler := httpd.RequireWrite(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, _ := httpd.Identity(r.Context())
		fmt.Fprint(w, u.Name, " ", u.Via)
	}))
	go func() { ended <- Serve(ctx, ln, handler, quiet()) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func ask(dir string) (string, error) {
	client := Client(dir)
	defer client.CloseIdleConnections()
	resp, err := client.Post(BaseURL+"/x", "text/plain", nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestTheServersOwnUserMaySpeakAndIsNamed(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, nil)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ask(dir); err != nil || got != me.Username+" control" {
		t.Errorf("%q %v", got, err)
	}
	info, err := os.Stat(Path(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestAnotherUserIsHungUpOn(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, func(l *checked) { l.allowed = func(uid uint32) bool { return int(uid) == os.Geteuid()+1 } })
	if got, err := ask(dir); err == nil {
		t.Errorf("a stranger is answered: %q", got)
	}
	if allowedPeer(uint32(os.Geteuid())+1) || !allowedPeer(0) {
		t.Error("the rule is wrong")
	}
}

func TestALiveSocketIsNamedAndAStaleOneReplaced(t *testing.T) {
	dir := t.TempDir()
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: Path(dir), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false) // as kill -9 leaves it
	stale.Close()
	serve(t, dir, nil)
	if _, err := ask(dir); err != nil {
		t.Fatal(err)
	}
	_, err = Listen(t.Context(), dir, quiet())
	if want := fmt.Sprintf("a server with pid %d uses this data directory already", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := ask(dir); err != nil {
		t.Errorf("the live socket was disturbed: %v", err)
	}
}

func TestWhatIsNoSocketIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(Path(dir), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), dir, quiet()); err == nil || !strings.Contains(err.Error(), "another file") {
		t.Error(err)
	}
	if raw, _ := os.ReadFile(Path(dir)); string(raw) != "precious" {
		t.Error("the file is gone")
	}
	long := filepath.Join(dir, strings.Repeat("x", 120))
	if _, err := Listen(t.Context(), long, quiet()); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Error(err)
	}
}

func TestWithoutAServerTheClientSaysHowToStartOne(t *testing.T) {
	dir := t.TempDir()
	if _, err := ask(dir); err == nil || !strings.Contains(err.Error(), "monitord run --data "+dir) {
		t.Error(err)
	}
}
