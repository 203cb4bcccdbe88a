package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/checks/internal/sqlanswer"
	"monitord/internal/text"
)

// Ask logs in and asks. Whatever pgconn starts has ended when it returns.
func (s *session) Ask(ctx context.Context, password string) (sqlanswer.Rows, error) {
	query := s.Options.Query
	if s.Options.Replication {
		query = standbyQuery
	}
	cfg, err := s.config(password)
	if err != nil {
		return sqlanswer.Rows{}, err
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return sqlanswer.Rows{}, err
	}
	defer func() {
		// An expired context closes at once. pgconn cleans up in a goroutine
		// of its own after a failure: it is joined here.
		gone, cancel := context.WithCancel(ctx)
		cancel()
		s.tape.Close()
		conn.Close(gone)
		<-conn.CleanupDone()
	}()
	s.Phases.Begin(netdial.PhaseQuery)
	rows, err := read(conn.Exec(ctx, s.guarded(ctx, query)))
	if err == nil {
		s.Phases.End()
	}
	return rows, err
}

// guarded is the question in a transaction that can change nothing and that
// the server ends itself a little before our time is up.
func (s *session) guarded(ctx context.Context, query string) string {
	limit := ""
	if end, ok := ctx.Deadline(); ok {
		limit = fmt.Sprintf("SET LOCAL statement_timeout = %d; ", max(1, time.Until(end).Milliseconds()*9/10))
	}
	return "BEGIN READ ONLY; " + limit + query
}

// read takes the last answer that has columns, within bounds.
func read(answers *pgconn.MultiResultReader) (sqlanswer.Rows, error) {
	var rows sqlanswer.Rows
	for answers.NextResult() {
		answer := answers.ResultReader()
		fields := answer.FieldDescriptions()
		if len(fields) == 0 {
			continue
		}
		rows = sqlanswer.Rows{}
		for _, f := range fields {
			rows.Columns = append(rows.Columns, f.Name)
		}
		for answer.NextRow() {
			if len(rows.Rows) < sqlanswer.MaxRows {
				rows.Rows = append(rows.Rows, texts(answer.Values()))
			}
		}
	}
	return rows, answers.Close()
}

func texts(values [][]byte) []string {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = string(v)
		if v == nil {
			row[i] = "NULL"
		}
	}
	return row
}

// config is pgconn's, with nothing left of our own environment: ParseConfig is
// the only way to get one, and it reads PG* variables and files.
func (s *session) config(password string) (*pgconn.Config, error) {
	cfg, err := pgconn.ParseConfig("host=unused user=unused password=unused sslmode=disable target_session_attrs=any")
	if err != nil {
		return nil, fmt.Errorf("postgres: our own environment (PG* variables, service file) confuses the client; unset it: %w", err)
	}
	cfg.Host, cfg.Port, cfg.Database, cfg.User, cfg.Password = s.Host, uint16(s.Options.Port), s.Options.Database, s.Options.Username, password
	cfg.TLSConfig, cfg.Fallbacks, cfg.ConnectTimeout, cfg.KerberosSrvName, cfg.KerberosSpn, cfg.RequireAuth = nil, nil, 0, "", "", ""
	cfg.ValidateConnect, cfg.AfterConnect = nil, nil
	cfg.RuntimeParams = map[string]string{"application_name": "monitord", "client_encoding": "UTF8"}
	cfg.MaxProtocolMessageBodyLen = sqlanswer.MaxBytes
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	cfg.DialFunc = s.dial
	return cfg, nil
}

var errOnce = errors.New("already connected once")

// dial connects and speaks TLS, so that both are phases of ours. pgconn dials a
// second time to cancel a question: the server does that itself.
func (s *session) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if s.tape != nil {
		return nil, errOnce
	}
	conn, err := s.Dialer.Connect(ctx, &s.Phases, s.Host, s.Options.Port)
	if err != nil {
		return nil, err
	}
	if s.TLS != nil {
		if conn, err = s.secure(ctx, conn); err != nil {
			return nil, err
		}
	}
	s.tape = netdial.NewTape(conn, sqlanswer.MaxBytes)
	s.Phases.Begin(netdial.PhaseLogin)
	return s.tape, nil
}

// sslRequest asks a server to speak TLS (protocol 3.0, SSLRequest).
const sslRequest = 80877103

// secure asks for TLS and speaks it; on failure conn is closed.
func (s *session) secure(ctx context.Context, conn net.Conn) (net.Conn, error) {
	s.Phases.Begin(netdial.PhaseTLS)
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	request := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, sslRequest)
	answer := make([]byte, 1)
	_, err := conn.Write(request)
	if err == nil {
		_, err = io.ReadFull(conn, answer)
	}
	switch {
	case err != nil && (netdial.IsTimeout(err) || netdial.Ours(err)):
		err = &netdial.Error{Phase: netdial.PhaseTLS, Peer: s.Peer, Err: err}
	case err != nil || answer[0] != 'S' && answer[0] != 'N' && answer[0] != 'E':
		err = &netdial.Verdict{Reason: checks.ReasonProtocol, Summary: text.M("check.junk", text.Str("peer", s.Peer))}
	case answer[0] != 'S':
		err = &netdial.Verdict{Reason: checks.ReasonTLS, Summary: text.M("check.tls.plain", text.Str("peer", s.Peer))}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	cfg := s.TLS.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = s.Host
	}
	return netdial.Handshake(ctx, &s.Phases, conn, cfg, s.Peer)
}

// Explain turns an error of pgconn into ours.
func (s *session) Explain(err error) error {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return s.said(said)
	}
	if _, ok := errors.AsType[*netdial.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*netdial.Verdict](err); ok {
		return err
	}
	// pgconn hides what the connection said behind its own words.
	if s.tape != nil && s.tape.Err() != nil {
		err = s.tape.Err()
	}
	for errors.Unwrap(err) != nil && !netdial.IsTimeout(err) {
		err = errors.Unwrap(err)
	}
	return &netdial.Error{Phase: s.Phases.Current(), Peer: s.Peer, Err: err}
}

// The codes of PostgreSQL's appendix A that mean more than "refused".
const (
	classAuth     = "28"    // invalid authorization
	queryCanceled = "57014" // statement_timeout, which is ours
)

func (s *session) said(e *pgconn.PgError) error {
	switch {
	case strings.HasPrefix(e.Code, classAuth):
		return sqlanswer.Refused(checks.ReasonAuth, s.Peer, e.Code, e.Message)
	case e.Code == queryCanceled:
		return &netdial.Error{Phase: netdial.PhaseQuery, Peer: s.Peer, Err: context.DeadlineExceeded}
	}
	return sqlanswer.Refused(checks.ReasonStatus, s.Peer, e.Code, e.Message)
}

// standbyQuery asks a standby whether it is one, whether it receives, and how
// old the last change is that it has replayed. When all that was received is
// replayed the age says only that the primary is idle: the lag is then 0.
const standbyQuery = `SELECT pg_is_in_recovery() AS standby,
 (SELECT count(pid) FROM pg_stat_wal_receiver) AS receivers,
 CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
 ELSE COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END AS lag`

// standbyLag reads the answer to standbyQuery.
func standbyLag(rows sqlanswer.Rows, peer string) (time.Duration, error) {
	standby, _ := rows.Column("standby")
	receivers, _ := rows.Column("receivers")
	lag, _ := rows.Column("lag")
	seconds, err := strconv.ParseFloat(lag, 64)
	switch {
	case standby != "t":
		return 0, sqlanswer.NoReplica(peer, "")
	case receivers == "0":
		return 0, sqlanswer.NoReplica(peer, "no WAL receiver runs")
	case err != nil:
		return 0, &netdial.Verdict{Reason: checks.ReasonContent, Summary: text.M("check.sql.no_number", text.Str("peer", peer), text.Str("got", lag))}
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
