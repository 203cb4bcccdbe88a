package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"go.uber.org/goleak"

	"monitord/internal/config"
	"monitord/internal/testserver/snmpagent"
	"monitord/internal/testserver/snmpdtest"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var sysDescr, sysUpTime = MustOID(".1.3.6.1.2.1.1.1.0"), MustOID(".1.3.6.1.2.1.1.3.0")

// device is a loopback agent that is given up soon.
func device(port int) Device {
	d := DefaultDevice()
	d.Address, d.Port, d.Timeout, d.Retries, d.BackOff = "127.0.0.1", port, 100*time.Millisecond, 1, 0
	d.Credentials.Community = snmpdtest.Community
	return d
}

func open(t testing.TB, d Device) *Session {
	t.Helper()
	s, err := Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func patient(d Device) Device {
	d.Timeout, d.Retries = 3*time.Second, 2
	return d
}

func TestEveryVersionAndProtocolReadsSnmpd(t *testing.T) {
	agent := snmpdtest.New(t)
	read := func(name string, c Credentials) {
		t.Helper()
		d := patient(device(agent.Port))
		d.Credentials = c
		s := open(t, d)
		a, err := s.Get(t.Context(), sysDescr, sysUpTime)
		if err != nil || a.Status != NoError || len(a.Vars) != 2 || a.Vars[0].Type != TypeOctetString || a.Vars[1].Type != TypeTimeTicks {
			t.Fatalf("%s: %+v, %v", name, a, err)
		}
		n := 0
		if err := s.Walk(t.Context(), MustOID(".1.3.6.1.2.1.1"), func(Varbind) error { n++; return nil }); err != nil || n < 20 {
			t.Errorf("%s: %d objects, %v", name, n, err)
		}
	}
	read("v1", Credentials{Version: V1, Community: snmpdtest.Community})
	read("v2c", Credentials{Version: V2c, Community: snmpdtest.Community})
	read("v3 without keys", Credentials{Version: V3, User: "noauth"})
	for _, auth := range snmpdtest.AuthProtocols {
		c := Credentials{Version: V3, User: snmpdtest.User(auth, "AES"), AuthProtocol: AuthProtocol(auth), AuthPassword: snmpdtest.AuthPassword}
		read(auth, c)
	}
	for _, priv := range snmpdtest.PrivProtocols {
		read(priv, Credentials{Version: V3, User: snmpdtest.User("SHA-512", priv), AuthProtocol: "SHA512", AuthPassword: snmpdtest.AuthPassword,
			PrivProtocol: PrivProtocol(priv), PrivPassword: snmpdtest.PrivPassword})
	}
}

func TestWrongCredentialsAreToldAsFarAsTheProtocolAllows(t *testing.T) {
	agent := snmpdtest.New(t)
	good := Credentials{Version: V3, User: snmpdtest.User("SHA", "AES"), AuthProtocol: "SHA", AuthPassword: snmpdtest.AuthPassword, PrivProtocol: "AES", PrivPassword: snmpdtest.PrivPassword}
	with := func(f func(*Credentials)) Credentials { c := good; f(&c); return c }
	for _, tt := range []struct {
		name string
		c    Credentials
		want error
		say  string
	}{
		{"community", Credentials{Version: V2c, Community: "secret-guess"}, ErrTimeout, "the community is wrong"},
		{"user", with(func(c *Credentials) { c.User = "stranger" }), ErrUser, "createUser"},
		{"auth password", with(func(c *Credentials) { c.AuthPassword = "secret-guess" }), ErrAuth, "auth_password"},
		{"auth protocol", with(func(c *Credentials) { c.AuthProtocol = "SHA-256" }), ErrAuth, "auth_protocol"},
		{"priv password", with(func(c *Credentials) { c.PrivPassword = "secret-guess" }), ErrTimeout, "the agent is there"},
		{"level", with(func(c *Credentials) { c.User = "noauth" }), ErrLevel, "security level"},
		{"context", with(func(c *Credentials) { c.Context = "nosuch" }), ErrTimeout, "context"},
	} {
		d := device(agent.Port)
		d.Timeout, d.Credentials = 600*time.Millisecond, tt.c
		d.Retries = 0
		if tt.c.Version != V3 {
			d.Timeout = 100 * time.Millisecond
		}
		_, err := open(t, d).Get(t.Context(), sysDescr)
		if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.say) || strings.Contains(fmt.Sprint(err), "secret-guess") {
			t.Errorf("%s: %v; want %v and %q", tt.name, err, tt.want, tt.say)
		}
	}
	if _, err := open(t, device(testproc.FreePort(t))).Get(t.Context(), sysDescr); !errors.Is(err, ErrRefused) {
		t.Errorf("a closed port: %v", err)
	}
}

// What was learned of an engine is used again, and forgotten when it is refused.
func TestAnEngineThatChangesIsAskedAnew(t *testing.T) {
	agent := snmpdtest.New(t)
	d := patient(device(agent.Port))
	d.Engine = new(Engine)
	d.Credentials = Credentials{Version: V3, User: snmpdtest.User("SHA", "AES"), AuthProtocol: "SHA", AuthPassword: snmpdtest.AuthPassword, PrivProtocol: "AES", PrivPassword: snmpdtest.PrivPassword}
	requests := func(what string) uint64 {
		t.Helper()
		s := open(t, d)
		if a, err := s.Get(t.Context(), sysDescr); err != nil || len(a.Vars) != 1 {
			t.Fatalf("%s: %v", what, err)
		}
		return s.Stats().Requests
	}
	if n := requests("first"); n < 2 {
		t.Errorf("%d requests without knowledge of the engine", n)
	}
	if n := requests("again"); n != 1 {
		t.Errorf("%d requests with knowledge of the engine", n)
	}
	d.Engine.time, d.Engine.boots = d.Engine.time+100000, d.Engine.boots+3
	if requests("wrong time"); d.Engine.boots > 1000 {
		t.Error("the time was not learned")
	}
	d.Engine.id = strings.Repeat("x", len(d.Engine.id))
	requests("wrong engine")
	if n := requests("after that"); n != 1 {
		t.Errorf("%d requests; the engine was not remembered", n)
	}
}

const table = ".1.3.6.1.4.1.8072.9999"

func walked(t *testing.T, s *Session) (int, error) {
	t.Helper()
	n := 0
	err := s.Walk(t.Context(), MustOID(table), func(v Varbind) error {
		if n++; v.Int() != int64(n) {
			t.Fatalf("object %d is %d", n, v.Int())
		}
		return nil
	})
	return n, err
}

func TestAgentsThatMisbehaveAreReadAllTheSame(t *testing.T) {
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var before *gosnmp.SnmpPacket
	for _, tt := range []struct {
		name   string
		change func(*snmpagent.Reply)
		device func(*Device)
	}{
		{"honest", nil, nil},
		{"twice", func(r *snmpagent.Reply) { r.Twice = true }, nil},
		{"an old answer first", func(r *snmpagent.Reply) {
			if before != nil {
				raw, _ := before.MarshalMsg()
				r.Raw = [][]byte{raw}
			}
			before = r.Packet
		}, nil},
		{"garbage first", func(r *snmpagent.Reply) {
			r.Raw = [][]byte{{0x30}, []byte("GET / HTTP/1.0"), {0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, {}}
		}, nil},
		{"tooBig beyond three rows", func(r *snmpagent.Reply) {
			if r.Request.MaxRepetitions > 3 {
				r.Packet.Error, r.Packet.Variables = gosnmp.TooBig, nil
			}
		}, nil},
		{"silent beyond 20 rows", func(r *snmpagent.Reply) {
			if r.Request.MaxRepetitions > 20 {
				r.Packet = nil
			}
		}, func(d *Device) { d.Retries = 4 }},
		{"every second request is lost", func(r *snmpagent.Reply) {
			if r.N%2 == 0 {
				r.Packet = nil
			}
		}, nil},
		{"from another address", func(r *snmpagent.Reply) { r.From = other }, func(d *Device) { d.AnySource = true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before = nil
			agent := snmpagent.New(t, snmpagent.Numbers(table, 300), tt.change)
			d := device(agent.Port)
			if tt.device != nil {
				tt.device(&d)
			}
			if n, err := walked(t, open(t, d)); n != 300 || err != nil {
				t.Errorf("%d objects, %v", n, err)
			}
		})
	}
}

func TestAWalkThatWouldNotEndEnds(t *testing.T) {
	endless := func(name func(n int) string) func(*snmpagent.Reply) {
		return func(r *snmpagent.Reply) {
			r.Packet.Variables = []gosnmp.SnmpPDU{{Name: table + name(r.N), Type: gosnmp.Integer, Value: r.N}}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*snmpagent.Reply)
		want   error
	}{
		{"decreasing", endless(func(n int) string { return fmt.Sprintf(".%d", 100-n) }), ErrNotIncreasing},
		{"standing still", endless(func(int) string { return ".7" }), ErrNotIncreasing},
		{"growing for ever", endless(func(n int) string { return fmt.Sprintf(".%d", n) }), ErrTooMany},
		{"without objects", func(r *snmpagent.Reply) { r.Packet.Variables = nil }, errNoAnswer},
		{"always tooBig", func(r *snmpagent.Reply) { r.Packet.Error = gosnmp.TooBig }, ErrTooBig},
		{"genErr", func(r *snmpagent.Reply) { r.Packet.Error, r.Packet.ErrorIndex = gosnmp.GenErr, 1 }, nil},
	} {
		agent := snmpagent.New(t, nil, tt.change)
		s := open(t, device(agent.Port))
		err := s.WalkWith(t.Context(), Walk{Root: MustOID(table), Limit: 500}, func(Varbind) error { return nil })
		if tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v; want %v", tt.name, err, tt.want)
		}
		if status, ok := errors.AsType[*StatusError](err); tt.want == nil && (!ok || status.Status != GenErr || status.OID != MustOID(table)) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if agent.Asked() > 600 {
			t.Errorf("%s: asked %d times", tt.name, agent.Asked())
		}
	}
}

func TestAStrangersAnswerIsNotTakenButTold(t *testing.T) {
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	agent := snmpagent.New(t, snmpagent.Numbers(table, 3), func(r *snmpagent.Reply) { r.From = other })
	_, err = open(t, device(agent.Port)).Get(t.Context(), MustOID(table+".1"))
	if !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "127.0.0.2") || !strings.Contains(err.Error(), "any_source") {
		t.Errorf("got %v", err)
	}
}

// An agent may answer in an order of its own: no value is taken for another's, and
// an object that nobody asked for is an error.
func TestAnAnswerInAnotherOrderFeedsNoOtherObject(t *testing.T) {
	oids := []OID{MustOID(".1.3.6.1.4.1.9.1"), MustOID(".1.3.6.1.4.1.9.2"), MustOID(".1.3.6.1.4.1.9.3")}
	var foreign atomic.Bool
	agent := snmpagent.New(t, snmpagent.Numbers(".1.3.6.1.4.1.9", 3), func(r *snmpagent.Reply) {
		slices.Reverse(r.Packet.Variables)
		if foreign.Load() {
			r.Packet.Variables[1].Name = ".1.3.6.1.4.1.9.9"
		}
	})
	s := open(t, device(agent.Port))
	var got []int64
	read := func() error {
		got = nil
		return s.GetAll(t.Context(), 0, oids, func(v Varbind) error {
			got = append(got, v.Int())
			return nil
		})
	}
	if err := read(); err != nil || !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("%v, %v; want 1 2 3", got, err)
	}
	foreign.Store(true)
	if err := read(); err == nil || !strings.Contains(err.Error(), ".1.3.6.1.4.1.9.2") || len(got) > 0 {
		t.Errorf("a foreign object: %v, %v", got, err)
	}
}

func TestGetAllSplitsWhatIsTooMuchAndSkipsWhatIsLacking(t *testing.T) {
	var oids []OID
	for i := range 200 {
		oids = append(oids, MustOID(table).Append(uint32(i+1)))
	}
	agent := snmpagent.New(t, snmpagent.Numbers(table, 150), func(r *snmpagent.Reply) {
		if len(r.Request.Variables) > 10 {
			r.Packet.Error, r.Packet.ErrorIndex, r.Packet.Variables = gosnmp.TooBig, 0, nil
		}
	})
	for _, version := range []Version{V1, V2c} {
		d := patient(device(agent.Port))
		d.Credentials.Version = version
		n, missing := 0, 0
		err := open(t, d).GetAll(t.Context(), 0, oids, func(v Varbind) error {
			if v.OID != oids[n] {
				t.Fatalf("object %d is %s", n, v.OID)
			}
			if n++; v.Missing() {
				missing++
			}
			return nil
		})
		if err != nil || n != 200 || missing != 50 {
			t.Errorf("version %s: %d objects, %d missing, %v", version, n, missing, err)
		}
	}
}

func TestACancelledRequestEndsAtOnce(t *testing.T) {
	agent := snmpagent.New(t, nil, func(r *snmpagent.Reply) { r.Packet = nil })
	for _, c := range []Credentials{{Version: V2c, Community: "x"}, {Version: V3, User: "noauth"}} {
		d := device(agent.Port)
		d.Timeout, d.Credentials = time.Minute, c
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		time.AfterFunc(30*time.Millisecond, func() { cancel(why) })
		start := time.Now()
		_, err := open(t, d).Get(ctx, sysDescr)
		if !errors.Is(err, why) || time.Since(start) > 10*time.Second {
			t.Errorf("version %s: %v after %s", c.Version, err, time.Since(start))
		}
	}
}

func TestCredentialsFilesNeverTellTheirWords(t *testing.T) {
	dir := t.TempDir()
	load := func(content string) (Credentials, error) {
		t.Helper()
		file := filepath.Join(dir, "c.yaml")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return LoadCredentials(config.Secret{File: file})
	}
	c, err := load("version: 3\nuser: monitor\nauth_protocol: SHA-256\nauth_password: hunter22\npriv_protocol: AES-256\npriv_password: hunter33\n")
	if err != nil || c.SecurityLevel() != LevelPriv || c.AuthPassword != "hunter22" {
		t.Errorf("%v %v", c.Level, err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%q", c)} {
		if strings.Contains(s, "hunter") {
			t.Errorf("a word is told: %s", s)
		}
	}
	for _, tt := range [][2]string{
		{"community: [hunter]", "community"}, {"community: {hunter: x}", "community"}, {"comunity: hunter", "comunity"}, {"version: 3\nuser: u\ncommunity: hunter", "community"},
		{"version: 2c", "asks for a community"}, {"version: 3\nauth_password: hunter2x", "user"}, {"version: 9\ncommunity: hunter", "version"},
		{"version: 3\nuser: u\npriv_password: hunter2x", "auth_password"}, {"version: 3\nuser: u\nauth_protocol: ROT13", "auth_protocol"},
		{"community: \"hunter", ""}, {"community: hunter: x", ""},
	} {
		_, err := load(tt[0])
		if err == nil || !strings.Contains(err.Error(), tt[1]) || !strings.Contains(err.Error(), "c.yaml:") || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%q: %v", tt[0], err)
		}
	}
	if _, err := LoadCredentials(config.Secret{File: filepath.Join(dir, "absent")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
