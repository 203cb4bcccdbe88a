package httpd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// site is a running server on a port of loopback.
type site struct {
	*Auth
	base   string
	clock  atomic.Int64 // seconds added to the real time
	client *http.Client
}

// start runs a server with the pages of the test until the test ends.
func start(t *testing.T, cfg *Config, deps Deps, l *limits) *site {
	t.Helper()
	cfg.Listen = "127.0.0.1:0"
	ln, err := Listen(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{base: "http://" + ln.Addr().String()}
	deps.Logger, deps.Text = quiet(), text.Default()
	deps.Now = func() time.Time { return time.Now().Add(time.Duration(s.clock.Load()) * time.Second) }
	if deps.Sessions == nil {
		deps.Sessions = NewSessions()
	}
	s.Auth = NewAuth(cfg, ln.Addr(), deps)
	srv := NewServer(ln, nil, s.Wrap(testPages()), quiet())
	if l != nil {
		srv.limits = *l
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	jar, _ := cookiejar.New(nil)
	tr := &http.Transport{}
	s.client = &http.Client{Jar: jar, Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return s
}

func testPages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		u, _ := Identity(r.Context())
		fmt.Fprintf(w, "user=%s via=%s csrf=%s", u.Name, u.Via, CSRF(r))
	})
	mux.Handle("POST /change", RequireWrite(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "changed") })))
	mux.HandleFunc("POST /read", func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d %v", n, err)
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("oh") })
	mux.HandleFunc("GET /half", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "half"); panic("oh") })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("GET /big", func(w http.ResponseWriter, _ *http.Request) {
		for range 4096 {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		for i := 0; ; i++ {
			fmt.Fprintf(w, "data: %d\n\n", i)
			if rc.Flush() != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-time.After(30 * time.Millisecond):
			}
		}
	})
	return mux
}

// ask sends one request; headers are pairs.
func (s *site) ask(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(got)
}

func (s *site) wantStatus(t *testing.T, want int, method, path, body string, headers ...string) string {
	t.Helper()
	resp, got := s.ask(t, method, path, body, headers...)
	if resp.StatusCode != want {
		t.Errorf("%s %s %v: got %d %s, want %d", method, path, headers, resp.StatusCode, got, want)
	}
	return got
}

const form = "application/x-www-form-urlencoded"

func (s *site) logIn(t *testing.T) {
	t.Helper()
	link := s.LoginLink(s.base)
	page := s.wantStatus(t, 200, "GET", strings.TrimPrefix(link, s.base), "")
	token := regexp.MustCompile(`name="token" value="([0-9a-f]+)"`).FindStringSubmatch(page)
	if token == nil {
		t.Fatalf("no form: %s", page)
	}
	s.wantStatus(t, 303, "POST", "/login", "token="+token[1], "Content-Type", form)
}

func TestListeningBeyondLoopbackNeedsTLSAndAuthentication(t *testing.T) {
	tls := TLSConfig{CertFile: "c", KeyFile: "k"}
	cases := []struct {
		cfg  Config
		want string // "" is fine
	}{
		{Config{Listen: "127.0.0.1:8460", Auth: AuthReadOpen}, ""},
		{Config{Listen: "[::1]:8460", Auth: AuthReadOpen}, ""},
		{Config{Listen: "localhost:0", Auth: AuthReadOpen}, ""},
		{Config{Listen: "0.0.0.0:8460", Auth: AuthReadOpen}, "beyond loopback"},
		{Config{Listen: ":8460", Auth: AuthAlways}, "beyond loopback"},
		{Config{Listen: "192.0.2.1:8460", Auth: AuthReadOpen, TLS: tls}, "beyond loopback"},
		{Config{Listen: "evil.example:8460", Auth: AuthReadOpen}, "beyond loopback"},
		{Config{Listen: "0.0.0.0:8460", Auth: AuthAlways, TLS: tls}, ""},
		{Config{Listen: "127.0.0.1", Auth: AuthReadOpen}, "listen: not an address"},
		{Config{Listen: "127.0.0.1:99999", Auth: AuthReadOpen}, "listen: not an address"},
		{Config{Listen: "127.0.0.1:1", Auth: "sometimes"}, "auth: unknown"},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, Names: []string{"a:80"}}, "names[0]: not a host name"},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, PublicURL: "https://monitor.example.net:8443"}, ""},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, PublicURL: "http://[::1]:8460"}, ""},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, PublicURL: "http://monitor.example.net"}, "public_url: no address"},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, PublicURL: "https://monitor.example.net/"}, "public_url: no address"},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, PublicURL: "https://x@monitor.example.net"}, "public_url: no address"},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, PublicURL: "monitor.example.net"}, "public_url: no address"},
		{Config{Listen: "127.0.0.1:1", Auth: AuthAlways, PublicURL: "https://"}, "public_url: no address"},
	}
	for _, c := range cases {
		err := c.cfg.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c.cfg, err, c.want)
		}
	}
	if ln, err := Listen(t.Context(), &Config{Listen: "0.0.0.0:0", Auth: AuthReadOpen}); err == nil {
		ln.Close()
		t.Error("it listens on every address")
	}
}

func TestLinksOfMessagesLeadWhereOthersCanFollow(t *testing.T) {
	at := func(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }
	for _, c := range []struct {
		cfg  Config
		addr string
		want string
	}{
		{Config{Listen: "127.0.0.1:8460"}, "127.0.0.1:8460", ""},
		{Config{Listen: "127.0.0.1:8460", Names: []string{"monitor.example.net"}}, "127.0.0.1:8460", ""},
		{Config{Listen: "127.0.0.1:8460", PublicURL: "https://monitor.example.net"}, "127.0.0.1:8460", "https://monitor.example.net"},
		{Config{Listen: "192.0.2.1:8460"}, "192.0.2.1:8460", "https://192.0.2.1:8460"},
		{Config{Listen: "192.0.2.1:8460", Names: []string{"monitor.example.net"}}, "192.0.2.1:8460", "https://monitor.example.net:8460"},
		{Config{Listen: ":8460"}, "[::]:8460", ""},
	} {
		if got := c.cfg.MessageURL(at(c.addr)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.cfg, got, c.want)
		}
	}
	s := start(t, &Config{Auth: AuthReadOpen, PublicURL: "https://Monitor.example.net:8443"}, Deps{}, nil)
	s.wantStatus(t, 200, "GET", "/", "", "Host", "monitor.example.net:8443", "Origin", "https://monitor.example.net:8443")
}

func TestALogNamesNoToken(t *testing.T) {
	for path, want := range map[string]string{"/ack/abc": "/ack/…", "/ack/abc/d": "/ack/…", "/ack": "/ack", "/hosts/ack/x": "/hosts/ack/x"} {
		if got := logPath(path); got != want {
			t.Errorf("%s is logged as %s", path, got)
		}
	}
}

func TestATakenPortIsNamedWithItsOwner(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		_, err = Listen(t.Context(), &Config{Listen: ln.Addr().String(), Auth: AuthReadOpen})
		me := fmt.Sprintf("httpd.test (pid %d)", os.Getpid())
		if err == nil || !strings.Contains(err.Error(), me) || !strings.Contains(err.Error(), "--listen 127.0.0.1:8470") {
			t.Errorf("got %v, want %s", err, me)
		}
	}
}

func TestHostAndOriginAreChecked(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen, Names: []string{"Monitor.example.net"}}, Deps{}, nil)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.base, "http://"))
	for host, want := range map[string]int{
		"127.0.0.1:" + port: 200, "localhost:" + port: 200, "[::1]:" + port: 200, "localhost": 200, "LOCALHOST.": 200,
		"monitor.example.net": 200, "MONITOR.example.net:443": 200,
		"evil.example": 421, "evil.example:" + port: 421, "192.0.2.1": 421, "127.0.0.1.evil.example": 421,
	} {
		s.wantStatus(t, want, "GET", "/", "", "Host", host)
	}
	for origin, want := range map[string]int{
		s.base: 200, "https://monitor.example.net": 200, "https://evil.example": 403, "null": 403,
		"http://127.0.0.1:1": 403, "http://localhost:" + port: 403, "http://x@127.0.0.1:" + port: 403, "file://": 403, "%zz": 403,
	} {
		s.wantStatus(t, want, "GET", "/", "", "Origin", origin)
	}
	for site, want := range map[string]int{"same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403} {
		s.wantStatus(t, want, "POST", "/read", "x", "Sec-Fetch-Site", site)
		s.wantStatus(t, 200, "GET", "/", "", "Sec-Fetch-Site", site)
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, nil)
	for _, path := range []string{"/", "/login", "/nothing", "/panic"} {
		resp, _ := s.ask(t, "GET", path, "")
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
	resp, _ := s.ask(t, "GET", "/", "", "Host", "evil.example")
	if resp.Header.Get("X-Frame-Options") != "DENY" {
		t.Error("a refusal has no headers")
	}
}

func TestAPanicIsOneFailedRequest(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, nil)
	s.wantStatus(t, 500, "GET", "/panic", "")
	if resp, err := s.client.Get(s.base + "/half"); err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil {
			t.Error("half an answer looks whole")
		}
	}
	s.wantStatus(t, 200, "GET", "/", "")
}

func TestALoginLinkWorksOnceAndLookingAtItDoesNotUseItUp(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, nil)
	s.wantStatus(t, 401, "POST", "/change", "")
	link := strings.TrimPrefix(s.LoginLink(s.base), s.base)
	for range 3 {
		if page := s.wantStatus(t, 200, "GET", link, "", "Accept-Language", "ja-JP,en;q=0.5"); !strings.Contains(page, "ログイン") {
			t.Errorf("not Japanese: %s", page)
		}
	}
	token := strings.TrimPrefix(link, "/login?")
	resp, _ := s.ask(t, "POST", "/login", token, "Content-Type", form)
	if c := resp.Header.Get("Set-Cookie"); resp.StatusCode != 303 || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	s.wantStatus(t, 403, "POST", "/login", token, "Content-Type", form)

	page := s.wantStatus(t, 200, "GET", "/", "")
	_, csrf, _ := strings.Cut(page, "csrf=")
	if !strings.HasPrefix(page, "user=operator via=session") || len(csrf) != 64 {
		t.Fatal(page)
	}
	s.wantStatus(t, 403, "POST", "/change", "")
	s.wantStatus(t, 403, "POST", "/change", "", "X-CSRF-Token", csrf[:63]+"x")
	s.wantStatus(t, 200, "POST", "/change", "", "X-CSRF-Token", csrf)
	s.wantStatus(t, 200, "POST", "/change", "csrf="+csrf, "Content-Type", form)
	s.wantStatus(t, 403, "POST", "/change", "", "X-CSRF-Token", csrf, "Origin", "https://evil.example")

	s.clock.Store(int64(sessionLife/time.Second) + 1)
	s.wantStatus(t, 401, "POST", "/change", "", "X-CSRF-Token", csrf)
}

func TestALoginLinkEndsAfterItsTime(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, nil)
	_, token, _ := strings.Cut(s.LoginLink(s.base), "?")
	s.clock.Store(int64(linkLife/time.Second) + 1)
	s.wantStatus(t, 403, "POST", "/login", token, "Content-Type", form)
	for range maxLinks + 5 {
		s.LoginLink(s.base)
	}
	if len(s.links.ends) != maxLinks {
		t.Errorf("%d links are kept", len(s.links.ends))
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, nil)
	s.logIn(t)
	_, csrf, _ := strings.Cut(s.wantStatus(t, 200, "GET", "/", ""), "csrf=")
	u, _ := url.Parse(s.base)
	old := s.client.Jar.Cookies(u)
	s.wantStatus(t, 303, "POST", "/logout", "", "X-CSRF-Token", csrf)
	s.wantStatus(t, 401, "POST", "/change", "", "Cookie", old[0].String(), "X-CSRF-Token", csrf)
}

func TestAuthAlwaysClosesReading(t *testing.T) {
	secret, line := NewToken("grafana")
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte("# ours\n"+line+" # its dashboard\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens, err := LoadTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, &Config{Auth: AuthAlways}, Deps{Tokens: tokens, Open: []string{"/healthz", "/static/"}}, nil)
	s.wantStatus(t, 401, "GET", "/", "")
	s.wantStatus(t, 303, "GET", "/", "", "Accept", "text/html")
	s.wantStatus(t, 200, "GET", "/healthz", "")
	s.wantStatus(t, 404, "GET", "/static/x.js", "")
	s.wantStatus(t, 401, "GET", "/healthz2", "")
	s.wantStatus(t, 401, "GET", "/healthz", "", "Authorization", "Bearer wrong")
	if got := s.wantStatus(t, 200, "GET", "/", "", "Authorization", "bearer "+secret); !strings.HasPrefix(got, "user=grafana via=token") {
		t.Error(got)
	}
	s.wantStatus(t, 200, "POST", "/change", "", "Authorization", "Bearer "+secret)
	s.logIn(t)
	s.wantStatus(t, 200, "GET", "/", "")
}

func TestATokensFileIsReadStrictly(t *testing.T) {
	for _, in := range []string{"name", "name abc", "name " + strings.Repeat("x", 64), "a b c"} {
		if _, err := parseTokens(strings.NewReader("\n" + in)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestSessionsOutliveARestartAndHoldNoSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.json")
	store, err := OpenSessions(path)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{Sessions: store}, nil)
	s.logIn(t)
	u, _ := url.Parse(s.base)
	secret := s.client.Jar.Cookies(u)[0].Value
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(path)
	if strings.Contains(string(raw), secret) || info.Mode().Perm() != 0o600 {
		t.Errorf("%s %s", info.Mode(), raw)
	}
	again, err := OpenSessions(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := again.Get(hashOf(secret)); !ok || got.User != operator {
		t.Errorf("%v %v", got, ok)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSessions(path); err == nil || !strings.Contains(err.Error(), "remove the file") {
		t.Error(err)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	s := NewSessions()
	now := time.Now()
	for i := range maxSessions + 10 {
		if err := s.Put(fmt.Sprint(i), Session{Expires: now.Add(time.Duration(i) * time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := s.Get("9"); ok || len(s.all) != maxSessions {
		t.Errorf("%d sessions, the oldest there: %v", len(s.all), ok)
	}
}

func short() *limits {
	return &limits{header: 300 * time.Millisecond, writeStall: 300 * time.Millisecond, bodyGrace: 300 * time.Millisecond, shutdown: 2 * time.Second, bodyRate: 1 << 20}
}

// raw opens a connection and sends head.
func (s *site) raw(t *testing.T, head string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	return conn
}

// trickle sends a byte at a time until the server hangs up.
func trickle(t *testing.T, conn net.Conn) {
	t.Helper()
	start := time.Now()
	for time.Since(start) < 10*time.Second {
		if _, err := conn.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond) // the pace of the attack, not a wait
	}
	t.Error("a client that trickles is not cut")
}

func TestSlowClientsAreCut(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, short())
	t.Run("header", func(t *testing.T) { trickle(t, s.raw(t, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")) })
	t.Run("body", func(t *testing.T) {
		trickle(t, s.raw(t, "POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"))
	})
	t.Run("reader", func(t *testing.T) {
		conn := s.raw(t, "GET /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		time.Sleep(time.Second) // the attack: take nothing
		if n, _ := io.Copy(io.Discard, conn); n >= 4096*64<<10 {
			t.Errorf("the whole answer came: %d", n)
		}
	})
	s.wantStatus(t, 200, "POST", "/read", strings.Repeat("x", 1<<20))
}

func TestAHugeHeaderIsRefused(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, nil)
	conn := s.raw(t, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
	_, _ = io.Copy(conn, io.LimitReader(endless{}, 1<<20)) // the server may hang up before the end
	if got, _ := io.ReadAll(conn); len(got) > 0 && !strings.HasPrefix(string(got), "HTTP/1.1 431 ") {
		t.Errorf("got %.100s", got)
	}
}

func TestEventStreamsOutliveTheLimitsAndEndAtShutdown(t *testing.T) {
	s := start(t, &Config{Auth: AuthReadOpen}, Deps{}, short())
	conn := s.raw(t, "GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
	lines := bufio.NewScanner(conn)
	begun := time.Now()
	for lines.Scan() && time.Since(begun) < time.Second {
	}
	if time.Since(begun) < time.Second {
		t.Fatalf("the stream ended after %s: %v", time.Since(begun), lines.Err())
	}
	// start's cleanup reports an error when the stream outlasts the shutdown.
}

func TestListenInodesReadsTheKernelsTable(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:210C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:210C 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
   2: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
garbage
`
	got := map[string]bool{}
	listenInodes(strings.NewReader(table), 8460, listening, got)
	if len(got) != 1 || !got["4711"] {
		t.Error(got)
	}
}

// FuzzHostName holds that what is taken for a name is a plain one.
func FuzzHostName(f *testing.F) {
	for _, seed := range []string{"localhost:80", "[::1]:80", "[::1]", "::1", "a.b.", "a:b", ":", "[", "]", "[::1%eth0]:1", "a@b", "a/b:80", "127.0.0.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		name, ok := hostName(in)
		if !ok {
			return
		}
		if strings.ContainsAny(name, "/@[]% \t\r\n") || name == "" || len(name) > 253 {
			t.Fatalf("%q is taken for %q", in, name)
		}
	})
}

// FuzzRequest holds that no header of a stranger panics or lets a change through.
func FuzzRequest(f *testing.F) {
	f.Add("localhost", "http://localhost", "Bearer x", "monitord_session_1=x", "csrf")
	f.Add("[::1]:1", "null", "Bearer", "monitord_session_1="+strings.Repeat("a", 64), "")
	a := NewAuth(DefaultConfig(), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, Deps{Logger: quiet(), Now: time.Now, Text: text.Default(), Sessions: NewSessions()})
	h := a.Wrap(testPages())
	f.Fuzz(func(t *testing.T, host, origin, authorization, cookie, csrf string) {
		r, err := http.NewRequest("POST", "http://localhost/change", strings.NewReader("csrf="+csrf))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header = http.Header{"Origin": {origin}, "Authorization": {authorization}, "Cookie": {cookie}, "X-Csrf-Token": {csrf}}
		w := &recorder{header: http.Header{}}
		h.ServeHTTP(w, r)
		if w.status < 400 || w.status >= 500 {
			t.Fatalf("status %d", w.status)
		}
	})
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
