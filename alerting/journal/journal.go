package journal

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/prometheus/client_golang/prometheus"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options say where the journal lies and what it uses.
type Options struct {
	Dir      string // the data directory; journal.db is made in it
	Logger   *slog.Logger
	Now      func() time.Time
	Registry prometheus.Registerer // nil: no metrics are exposed
}

// Journal is the durable timeline. Open makes it, Run writes it, Close lets go
// of its files after Run has returned.
type Journal struct {
	opts     Options
	lock     *os.File
	writer   *sql.DB // one connection, synchronous=FULL
	readers  *sql.DB
	instance string
	requests chan request
	closed   chan struct{}         // closed when Run ended
	last     atomic.Pointer[error] // of the last write
	metrics  journalMetrics
}

// ErrClosed is the answer to writes after the journal has stopped.
var ErrClosed = errors.New("journal is closed")

// ErrBusy is the answer to writes while the queue is full: the disk hangs, or
// is far too slow.
var ErrBusy = errors.New("journal is busy: its queue is full")

// queueLimit bounds the writes that wait.
const queueLimit = 4096

// Open locks DIR/journal.db, brings its tables up to date, and returns. Another
// server in the same directory is an error that names it.
func Open(opts Options) (*Journal, error) {
	path := filepath.Join(opts.Dir, "journal.db")
	lock, err := lockFile(filepath.Join(opts.Dir, "journal.lock"))
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	j := &Journal{opts: opts, lock: lock, requests: make(chan request, queueLimit), closed: make(chan struct{})}
	if err := j.open(path); err != nil {
		j.Close()
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	j.metrics = newMetrics(opts.Registry, j)
	return j, nil
}

func (j *Journal) open(path string) error {
	var err error
	if j.writer, err = sql.Open("sqlite", dsn(path, "journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(2000)")+"&_txlock=immediate"); err != nil {
		return err
	}
	j.writer.SetMaxOpenConns(1)
	if err := migrate(j.writer); err != nil {
		return err
	}
	if j.readers, err = sql.Open("sqlite", dsn(path, "query_only(1)", "busy_timeout(2000)")); err != nil {
		return err
	}
	j.readers.SetMaxOpenConns(4)
	j.instance, err = instance(j.writer)
	return err
}

// dsn is the driver's name of a file with its pragmas.
func dsn(path string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func migrate(db *sql.DB) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, sub, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.Up(context.Background()); err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	return nil
}

// instance is this installation's random name, made once. It makes message
// identities unique in the world.
func instance(db *sql.DB) (string, error) {
	_, err := db.Exec(`INSERT INTO meta (name, value) VALUES ('instance', ?) ON CONFLICT DO NOTHING`, strings.ToLower(rand.Text()[:12]))
	if err != nil {
		return "", err
	}
	var name string
	err = db.QueryRow(`SELECT value FROM meta WHERE name = 'instance'`).Scan(&name)
	return name, err
}

// lockWithin is how long a start waits for the lock of a server that was killed.
const lockWithin = 2 * time.Second

// lockFile takes an exclusive lock that ends with the process, however it ends.
// The file holds the owner's process id for the error of the next one.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	// A program that a killed server was just starting holds its files for a
	// moment longer.
	for end := time.Now().Add(lockWithin); ; time.Sleep(lockWithin / 40) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		owner, _ := os.ReadFile(path)
		f.Close()
		return nil, fmt.Errorf("another monitord (process %s) uses this data directory; stop it, or choose another directory", strings.TrimSpace(string(owner)))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// The process id is for people only: on a full disk the lock holds without.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	return f, nil
}

// Close lets go of the files. It is called after Run has returned.
func (j *Journal) Close() error {
	var errs []error
	if j.readers != nil {
		errs = append(errs, j.readers.Close())
	}
	if j.writer != nil {
		errs = append(errs, j.writer.Close())
	}
	errs = append(errs, j.lock.Close())
	return errors.Join(errs...)
}
