package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"monitord/internal/logkeys"
)

// SocketName is the socket's file name in the data directory.
const SocketName = "control.sock"

// maxPath is what sun_path of unix(7) holds, without its final zero.
const maxPath = 107

// Path is the socket of a data directory.
func Path(dataDir string) string { return filepath.Join(dataDir, SocketName) }

// Listen opens DATA/control.sock, mode 0600. What a killed server left behind
// is replaced; a socket that answers is an error that names its owner.
func Listen(ctx context.Context, dataDir string, logger *slog.Logger) (net.Listener, error) {
	path := Path(dataDir)
	if len(path) > maxPath {
		return nil, fmt.Errorf("control socket %s: the path is too long for a socket (got %d bytes; want at most %d); choose a shorter --data", path, len(path), maxPath)
	}
	if err := clear(ctx, path); err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	// The check of the peer guards the moment before this.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), ln.Close())
	}
	return &checked{Listener: ln, logger: logger, allowed: allowedPeer}, nil
}

// clear removes a stale socket, and nothing else.
func clear(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("control socket %s: there is another file of that name; move it away", path)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err == nil {
		defer conn.Close()
		cred, err := peer(conn)
		if err != nil {
			return fmt.Errorf("control socket %s: a server answers there already; stop it first", path)
		}
		return fmt.Errorf("control socket %s: a server with pid %d uses this data directory already; stop it, or choose another --data", path, cred.Pid)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("control socket %s: cannot tell whether a server uses it: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("control socket: remove the stale one: %w", err)
	}
	return nil
}

// checked hands out only connections of those who may speak.
type checked struct {
	net.Listener
	logger  *slog.Logger
	allowed func(uid uint32) bool
}

// Accept closes a stranger's connection and waits for the next.
func (l *checked) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		cred, err := peer(conn)
		if err == nil && l.allowed(cred.Uid) {
			return conn, nil
		}
		l.logger.Warn("control connection refused", logkeys.Component, "control", logkeys.Err, err, "uid", uidOf(cred))
		conn.Close()
	}
}

func uidOf(cred *unix.Ucred) int64 {
	if cred == nil {
		return -1
	}
	return int64(cred.Uid)
}

func allowedPeer(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }

// peer asks the kernel who is at the other end.
func peer(conn net.Conn) (*unix.Ucred, error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("control socket: %T has no descriptor", conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	return cred, errors.Join(err, credErr)
}
