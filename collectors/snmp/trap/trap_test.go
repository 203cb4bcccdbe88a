package trap

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/collectors/snmp"
	"monitord/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var engine = Engine{ID: "\x80\x00\x7e\xd9\x05monitord", Boots: 3, Since: time.Now().Add(-time.Hour)}

// taker keeps what a receiver hands on.
type taker struct {
	list  chan Notification
	rests chan Rest
	fail  chan error // what the next calls of Take return; then nil
}

func (k *taker) take(_ context.Context, list []Notification) error {
	select {
	case err := <-k.fail:
		return err
	default:
	}
	for _, n := range list {
		k.list <- n
	}
	return nil
}

func (k *taker) rest(_ context.Context, r Rest) error {
	k.rests <- r
	return nil
}

func secret(t *testing.T, text string) config.Secret {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Secret{File: path}
}

const (
	userAES = "version: 3\nuser: noc\nauth_protocol: SHA-256\nauth_password: open-sesame-1\npriv_protocol: AES\npriv_password: open-sesame-2\n"
	userMD5 = "version: 3\nuser: old\nauth_protocol: MD5\nauth_password: open-sesame-3\n"
	userAll = "version: 3\nuser: none\n"
)

// start runs a receiver on loopback.
func start(t *testing.T, change func(*Config)) (*Receiver, *taker) {
	t.Helper()
	k := &taker{list: make(chan Notification, 100_000), rests: make(chan Rest, 100), fail: make(chan error, 2)}
	r, _ := startWith(t, change, Deps{Take: k.take, Rest: k.rest})
	return r, k
}

// startWith runs a receiver on loopback until end, or the test's end.
func startWith(t *testing.T, change func(*Config), deps Deps) (r *Receiver, end func()) {
	t.Helper()
	c := DefaultConfig()
	c.Listen, c.From = "127.0.0.1:0", []string{"127.0.0.1"}
	c.Communities = []config.Secret{secret(t, "trapper\n")}
	c.Users = []config.Secret{secret(t, userAES), secret(t, userMD5), secret(t, userAll)}
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	deps.Logger, deps.Now, deps.Engine = slog.New(slog.DiscardHandler), time.Now, engine
	r, err := New(c, deps)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return r, end
}

func (k *taker) next(t *testing.T) Notification {
	t.Helper()
	select {
	case n := <-k.list:
		return n
	case <-time.After(10 * time.Second):
		t.Fatal("no notification came")
		return Notification{}
	}
}

// netSNMP runs one of net-snmp's senders.
func netSNMP(t *testing.T, program string, args ...string) error {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (Debian's package snmp)", program)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "SNMP_PERSISTENT_DIR=" + t.TempDir(), "MIBS="}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}

const (
	linkDown = ".1.3.6.1.6.3.1.1.5.3"
	ifIndex3 = ".1.3.6.1.2.1.2.2.1.1.3"
)

// Every version and level of net-snmp's own senders arrives with what it carried.
func TestNetSNMPsTrapsAndInformsArrive(t *testing.T) {
	r, k := start(t, nil)
	to := r.Addr().String()
	aes := []string{"-v3", "-u", "noc", "-l", "authPriv", "-a", "SHA-256", "-A", "open-sesame-1", "-x", "AES", "-X", "open-sesame-2"}
	md5 := []string{"-v3", "-u", "old", "-l", "authNoPriv", "-a", "MD5", "-A", "open-sesame-3"}
	none := []string{"-v3", "-u", "none", "-l", "noAuthNoPriv"}
	ofAgent := []string{"-e", "0x8000000001020304"}
	body := []string{to, "4200", linkDown, ifIndex3, "i", "3", ".1.3.6.1.2.1.31.1.1.1.1.3", "s", "Gi0/3"}
	for name, c := range map[string]struct {
		program string
		args    []string
		version snmp.Version
		user    string
		proved  bool
	}{
		"v2c trap":       {"snmptrap", append([]string{"-v2c", "-c", "trapper"}, body...), snmp.V2c, "", false},
		"v2c inform":     {"snmpinform", append([]string{"-v2c", "-c", "trapper", "-r0", "-t5"}, body...), snmp.V2c, "", false},
		"v3 trap":        {"snmptrap", append(append(ofAgent[:2:2], aes...), body...), snmp.V3, "noc", true},
		"v3 inform":      {"snmpinform", append(append([]string{"-r0", "-t5"}, aes...), body...), snmp.V3, "noc", true},
		"v3 trap, MD5":   {"snmptrap", append(append(ofAgent[:2:2], md5...), body...), snmp.V3, "old", true},
		"v3 inform, MD5": {"snmpinform", append(append([]string{"-r0", "-t5"}, md5...), body...), snmp.V3, "old", true},
		"v3 trap, none":  {"snmptrap", append(append(ofAgent[:2:2], none...), body...), snmp.V3, "none", false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := netSNMP(t, c.program, c.args...); err != nil {
				t.Fatalf("%v; %+v", err, r.Stats())
			}
			n := k.next(t)
			if n.Version != c.version || n.User != c.user || n.Proved != c.proved || n.Inform != strings.Contains(name, "inform") {
				t.Errorf("got %+v", n)
			}
			if n.Trap.String() != linkDown || n.Uptime != 42*time.Second || n.From != netip.MustParseAddr("127.0.0.1") || len(n.Vars) != 2 {
				t.Errorf("got %+v", n)
			}
			if v := n.Vars[0]; v.OID.String() != ifIndex3 || v.Int() != 3 || n.Vars[1].Raw != "Gi0/3" {
				t.Errorf("objects %+v", n.Vars)
			}
		})
	}
	if s := r.Stats(); len(s.Refused) > 0 || s.Dropped+s.Failed > 0 {
		t.Errorf("%+v", s)
	}
}

// RFC 3584, 3.1.
func TestATrapOfVersion1IsNamedAsRFC3584Says(t *testing.T) {
	r, k := start(t, nil)
	for _, c := range []struct{ enterprise, generic, specific, want string }{
		{".1.3.6.1.4.1.9", "2", "0", linkDown},
		{".1.3.6.1.4.1.9", "0", "0", ".1.3.6.1.6.3.1.1.5.1"},
		{".1.3.6.1.4.1.9.9.41.2", "6", "17", ".1.3.6.1.4.1.9.9.41.2.0.17"},
	} {
		err := netSNMP(t, "snmptrap", "-v1", "-c", "trapper", r.Addr().String(), c.enterprise, "192.0.2.7", c.generic, c.specific, "100", ifIndex3, "i", "3")
		if err != nil {
			t.Fatal(err)
		}
		n := k.next(t)
		if n.Trap.String() != c.want || n.Version != snmp.V1 || n.Device() != netip.MustParseAddr("192.0.2.7") || n.Uptime != time.Second || len(n.Vars) != 1 {
			t.Errorf("generic %s specific %s: %+v", c.generic, c.specific, n)
		}
	}
}

// Who is not known is refused, and the count says why.
func TestStrangersAreRefusedAndCounted(t *testing.T) {
	r, k := start(t, nil)
	to := r.Addr().String()
	for reason, args := range map[string][]string{
		refusedCommunity: {"-v2c", "-c", "guess", to, "1", linkDown},
		refusedUser:      {"-e", "0x8000000001020304", "-v3", "-u", "noc", "-l", "authPriv", "-a", "SHA-256", "-A", "wrong-sesame", "-x", "AES", "-X", "open-sesame-2", to, "1", linkDown},
	} {
		if err := netSNMP(t, "snmptrap", args...); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return r.Stats().Refused[reason] == 1 })
	}
	// A user that has keys may not come without them, nor unencrypted.
	for i, level := range [][]string{{"-l", "noAuthNoPriv"}, {"-l", "authNoPriv", "-a", "SHA-256", "-A", "open-sesame-1"}} {
		args := append(append([]string{"-e", "0x8000000001020304", "-v3", "-u", "noc"}, level...), to, "1", linkDown)
		if err := netSNMP(t, "snmptrap", args...); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { s := r.Stats(); return s.Refused[refusedUser]+s.Refused[refusedMessage] == 2+i })
	}
	if len(k.list) > 0 {
		t.Errorf("taken: %+v", <-k.list)
	}
}

func TestAnotherNetworkIsRefused(t *testing.T) {
	r, k := start(t, func(c *Config) { c.From = []string{"192.0.2.0/24", "2001:db8::1"} })
	if err := netSNMP(t, "snmptrap", "-v2c", "-c", "trapper", r.Addr().String(), "1", linkDown); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return r.Stats().Refused[refusedNetwork] == 1 })
	if len(k.list) > 0 {
		t.Error("taken")
	}
}

// An inform is answered when it was taken and not before; its repeat is answered
// and is no second notification.
func TestAnInformIsAnsweredOnceTaken(t *testing.T) {
	r, k := start(t, nil)
	k.fail <- errors.New("no journal")
	k.fail <- errors.New("still none") // by then the sender has asked again
	if err := netSNMP(t, "snmpinform", "-v2c", "-c", "trapper", "-r5", "-t1", r.Addr().String(), "1", linkDown); err != nil {
		t.Fatal(err)
	}
	k.next(t)
	until(t, func() bool { return r.Stats().Repeated > 0 })
	if len(k.list) > 0 {
		t.Errorf("taken twice: %+v", <-k.list)
	}
}

// A signed trap that was recorded and is sent again is no notification.
func TestAReplayIsRefused(t *testing.T) {
	relay, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	c := DefaultConfig()
	c.From, c.Users = []string{"127.0.0.1"}, []config.Secret{secret(t, userMD5)}
	a, err := c.load()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	d, err := newDecoder(a, engine, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	err = netSNMP(t, "snmptrap", "-e", "0x8000000001020304", "-v3", "-u", "old", "-l", "authNoPriv", "-a", "MD5", "-A", "open-sesame-3", "-Z", "7,500", relay.LocalAddr().String(), "1", linkDown)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	relay.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, _, err := relay.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	local := netip.MustParseAddr("127.0.0.1")
	if _, reason := d.decode(buf[:n], local); reason != "" {
		t.Fatalf("refused: %s", reason)
	}
	now = now.Add(200 * time.Second)
	if _, reason := d.decode(buf[:n], local); reason != refusedReplay {
		t.Errorf("200 s later: %q, want %s", reason, refusedReplay)
	}
	buf[n-1] ^= 1
	if _, reason := d.decode(buf[:n], local); reason == "" {
		t.Error("a changed message was taken")
	}
}

// until waits for a condition.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatal("it did not come to that")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A storm of one kind is capped in the journal, and its rest is counted; every
// notification is still handed on.
func TestAStormIsCappedAndCounted(t *testing.T) {
	n := Notification{From: netip.MustParseAddr("192.0.2.1"), Trap: snmp.MustOID(linkDown)}
	other := n
	other.Trap = oidGeneric.Append(4)
	start := time.Now()
	b := budget{lines: 3, minute: start, counts: map[kind]int{}}
	beyond := 0
	for range 10 {
		if b.beyond(&n) {
			beyond++
		}
	}
	if beyond != 7 || b.beyond(&other) {
		t.Errorf("%d beyond, want 7 and none of the other kind", beyond)
	}
	if rests := b.next(start.Add(59 * time.Second)); rests != nil {
		t.Errorf("told within the minute: %+v", rests)
	}
	rests := b.next(start.Add(time.Minute))
	if len(rests) != 1 || rests[0].Count != 7 || rests[0].Device != n.From || rests[0].Trap != n.Trap {
		t.Errorf("%+v", rests)
	}
	for i := range 2 * maxKinds { // no more memory than this, whoever sends
		n.Trap = oidGeneric.Append(uint32(i))
		b.beyond(&n)
	}
	if len(b.counts) > maxKinds+1 {
		t.Errorf("%d kinds are counted apart", len(b.counts))
	}
}

func FuzzDecode(f *testing.F) {
	c := DefaultConfig()
	c.From = []string{"127.0.0.1"}
	dir := f.TempDir()
	for name, text := range map[string]string{"community": "trapper", "user": userAES} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	c.Communities, c.Users = []config.Secret{{File: filepath.Join(dir, "community")}}, []config.Secret{{File: filepath.Join(dir, "user")}}
	a, err := c.load()
	if err != nil {
		f.Fatal(err)
	}
	d, err := newDecoder(a, engine, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("0\x82\x00\x2d\x02\x01\x01\x04\x07trapper\xa7\x1f\x02\x01\x01\x02\x01\x00\x02\x01\x000\x14"))
	f.Add([]byte("0\x0c\x02\x01\x03\x04\x07trapper"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		got, reason := d.decode(msg, netip.MustParseAddr("127.0.0.1"))
		if reason == "" && got.report == nil && got.n.Trap == "" {
			t.Errorf("taken without a name: %+v", got.n)
		}
	})
}
