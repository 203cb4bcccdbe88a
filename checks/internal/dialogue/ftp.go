package dialogue

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/netdial"
)

// FTPPorts are those of RFC 959 and of IANA's ftps.
var FTPPorts = Ports{Plain: 21, Implicit: 990}

// FTP is a session with an FTP server.
type FTP struct{ *Session }

// OpenFTP reads the greeting and, when mode asks, changes to TLS (RFC 4217).
func OpenFTP(ctx context.Context, s *Session, mode Mode, expect string) (*FTP, error) {
	f := &FTP{s}
	s.Begin(PhaseBanner)
	r, err := s.Reply()
	if err == nil && r.Code == 120 { // "ready in some minutes", and then it is
		r, err = s.Reply()
	}
	if err != nil {
		return nil, err
	}
	if r.Code != 220 {
		return nil, s.Status(r.Line())
	}
	if err := s.Greeted(strings.Join(append([]string{r.Line()}, r.Lines[1:]...), " "), expect); err != nil {
		return nil, err
	}
	if mode == ModeStartTLS {
		if err := f.startTLS(ctx); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// startTLS asks for TLS on the control connection.
func (f *FTP) startTLS(ctx context.Context) error {
	f.Begin(PhaseStartTLS)
	r, err := f.Ask("AUTH TLS")
	if err != nil {
		return err
	}
	switch {
	case r.Code == 234:
	case r.Class() == 5: // there is no list of capabilities that must be asked before
		return f.Lacks(checks.ReasonTLS, "AUTH TLS")
	default:
		return f.Status(r.Line())
	}
	return f.Handshake(ctx)
}

// Auth logs in; nobody does not.
func (f *FTP) Auth(login Login) error {
	if login.User == "" {
		return nil
	}
	f.Begin(PhaseAuth)
	r, err := f.Ask("USER " + login.User)
	if err == nil && r.Code == 331 {
		r, err = f.Ask("PASS " + login.Password)
	}
	if err != nil {
		return err
	}
	if r.Class() != 2 {
		return f.Denied(login.User, r.Line())
	}
	return nil
}

// Retrieve fetches at most limit bytes of a file over a second connection,
// which we open: in passive mode, over TLS when the first speaks it.
func (f *FTP) Retrieve(ctx context.Context, d checks.Dialer, path string, limit int) ([]byte, error) {
	f.Begin(PhaseData)
	if f.secure {
		for _, command := range []string{"PBSZ 0", "PROT P"} { // RFC 4217 section 9
			if err := f.must(command, 2); err != nil {
				return nil, err
			}
		}
	}
	if err := f.must("TYPE I", 2); err != nil {
		return nil, err
	}
	address, err := f.passive()
	if err != nil {
		return nil, err
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, &netdial.Error{Phase: PhaseData, Peer: address, Err: err}
	}
	defer conn.Close()
	defer Guard(ctx, conn)()
	if err := f.must("RETR "+path, 1); err != nil {
		return nil, err
	}
	if f.secure {
		conn = tls.Client(conn, f.tlsConfig) // resumes the session: servers ask for it
	}
	content, err := io.ReadAll(io.LimitReader(conn, int64(limit)))
	conn.Close() // vsftpd waits for our goodbye before it tells how it went
	if err != nil {
		return content, &netdial.Error{Phase: PhaseData, Peer: address, Err: err}
	}
	if len(content) == limit {
		return content, nil // the rest is not wanted, nor what the server thinks of that
	}
	r, err := f.Reply()
	if err == nil && r.Class() != 2 {
		err = f.Status(r.Line())
	}
	return content, err
}

func (f *FTP) must(command string, class int) error {
	r, err := f.Ask(command)
	if err == nil && r.Class() != class {
		err = f.Status(r.Line())
	}
	return err
}

// passive asks where to fetch: EPSV (RFC 2428), else PASV. Only the port is
// taken from the answer: another address than the server's own would let it send
// us anywhere, and behind a translator it is wrong.
func (f *FTP) passive() (string, error) {
	r, err := f.Ask("EPSV")
	if err != nil {
		return "", err
	}
	parse := epsvPort
	if r.Code != 229 {
		if r, err = f.Ask("PASV"); err != nil {
			return "", err
		}
		if r.Code != 227 {
			return "", f.Status(r.Line())
		}
		parse = pasvPort
	}
	port, ok := parse(r.Lines[0])
	if !ok {
		return "", f.Nonsense(r.Line())
	}
	peer, err := netip.ParseAddrPort(f.conn.RemoteAddr().String())
	if err != nil {
		return "", f.fail(err)
	}
	return net.JoinHostPort(peer.Addr().String(), strconv.Itoa(port)), nil
}

// epsvPort reads "Entering Extended Passive Mode (|||6446|)".
func epsvPort(words string) (int, bool) {
	_, rest, _ := strings.Cut(words, "(")
	inside, _, ok := strings.Cut(rest, ")")
	if !ok || len(inside) < 5 {
		return 0, false
	}
	parts := strings.Split(inside, inside[:1])
	if len(parts) != 5 {
		return 0, false
	}
	return portNumber(parts[3])
}

// pasvPort reads "Entering Passive Mode (127,0,0,1,25,44)".
func pasvPort(words string) (int, bool) {
	_, rest, _ := strings.Cut(words, "(")
	inside, _, ok := strings.Cut(rest, ")")
	parts := strings.Split(inside, ",")
	if !ok || len(parts) != 6 {
		return 0, false
	}
	high, errHigh := strconv.ParseUint(parts[4], 10, 8)
	low, errLow := strconv.ParseUint(parts[5], 10, 8)
	return int(high<<8 | low), errHigh == nil && errLow == nil && high|low != 0
}

func portNumber(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err == nil && n > 0
}
