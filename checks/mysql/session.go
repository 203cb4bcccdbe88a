package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/checks/internal/sqlanswer"
	"monitord/internal/text"
)

// client is what the driver's connection can do, without database/sql's pool.
type client interface {
	driver.ExecerContext
	driver.QueryerContext
}

// Ask logs in and asks. The driver may panic on bytes that no server sends (the
// greeting is checked before it sees it): then the peer does not speak the
// protocol, and the connection is closed here.
func (s *session) Ask(ctx context.Context, password string) (rows sqlanswer.Rows, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the driver's watcher
	defer func() {
		if recover() != nil {
			if s.wire != nil {
				s.wire.Close()
			}
			err = &netdial.Verdict{Reason: checks.ReasonProtocol, Summary: text.M("check.junk", text.Str("peer", s.Peer))}
		}
	}()
	return s.converse(ctx, password)
}

func (s *session) converse(ctx context.Context, password string) (sqlanswer.Rows, error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName = s.Options.Username, password, s.Options.Database
	cfg.Net, cfg.Addr, cfg.DialFunc, cfg.TLS = "tcp", s.Peer, s.dial, s.tlsConfig()
	cfg.Logger = &mysql.NopLogger{} // a peer must not write our log
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return sqlanswer.Rows{}, fmt.Errorf("configure mysql driver: %w", err)
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return sqlanswer.Rows{}, err
	}
	defer conn.Close()
	c, ok := conn.(client)
	if !ok {
		return sqlanswer.Rows{}, errors.New("mysql driver: its connection cannot ask with a context")
	}
	s.Phases.Begin(netdial.PhaseQuery)
	if err := guard(ctx, c); err != nil {
		return sqlanswer.Rows{}, err
	}
	rows, err := s.question(ctx, c)
	if err == nil {
		s.Phases.End()
	}
	return rows, err
}

// guard begins a transaction that can change nothing, and lets the server end
// the question a little before our time is up: MariaDB's limit is in seconds,
// MySQL's in milliseconds, and neither knows the other's name.
func guard(ctx context.Context, c client) error {
	if end, ok := ctx.Deadline(); ok {
		left := max(time.Millisecond, time.Until(end)*9/10)
		_, err := c.ExecContext(ctx, fmt.Sprintf("SET SESSION max_statement_time = %.3f", left.Seconds()), nil)
		if code(err) == errUnknownVariable {
			_, err = c.ExecContext(ctx, fmt.Sprintf("SET SESSION max_execution_time = %d", left.Milliseconds()), nil)
		}
		if err != nil && code(err) != errUnknownVariable {
			return err
		}
	}
	_, err := c.ExecContext(ctx, "START TRANSACTION READ ONLY", nil)
	return err
}

func (s *session) question(ctx context.Context, c client) (sqlanswer.Rows, error) {
	if !s.Options.Replication {
		return query(ctx, c, s.Options.Query)
	}
	rows, err := query(ctx, c, "SHOW REPLICA STATUS")
	if code(err) == errSyntax { // before MySQL 8.0.22 and MariaDB 10.5
		rows, err = query(ctx, c, "SHOW SLAVE STATUS")
	}
	return rows, err
}

// query reads one answer, within bounds.
func query(ctx context.Context, c client, q string) (sqlanswer.Rows, error) {
	answer, err := c.QueryContext(ctx, q, nil)
	if err != nil {
		return sqlanswer.Rows{}, err
	}
	defer answer.Close()
	rows := sqlanswer.Rows{Columns: answer.Columns()}
	values := make([]driver.Value, len(rows.Columns))
	for len(rows.Columns) > 0 {
		if err := answer.Next(values); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return rows, err
		}
		if len(rows.Rows) < sqlanswer.MaxRows {
			rows.Rows = append(rows.Rows, texts(values))
		}
	}
	return rows, nil
}

func texts(values []driver.Value) []string {
	row := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
			row[i] = "NULL"
		case []byte:
			row[i] = string(v)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	return row
}

// The server's error numbers that mean more than "refused" (MySQL Server Error
// Message Reference; MariaDB Error Codes).
const (
	errSyntax          = 1064
	errUnknownVariable = 1193
)

var (
	authErrors    = []uint16{1044, 1045, 1130, 1251, 1275, 1698, 1820, 1862, 3118, 3955, 4151}
	timeoutErrors = []uint16{1969, 3024}
)

// code is the server's error number, 0 when the error is not the server's.
func code(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

// Explain turns an error of the driver into ours.
func (s *session) Explain(err error) error {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return s.said(e)
	}
	if _, ok := errors.AsType[*netdial.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*netdial.Verdict](err); ok {
		return err
	}
	for _, refused := range []error{mysql.ErrCleartextPassword, mysql.ErrNativePassword, mysql.ErrOldPassword, mysql.ErrUnknownPlugin} {
		if errors.Is(err, refused) {
			return sqlanswer.Refused(checks.ReasonAuth, s.Peer, "client", "the server wants a way to log in that is not used here: "+err.Error())
		}
	}
	if errors.Is(err, mysql.ErrNoTLS) {
		return &netdial.Verdict{Reason: checks.ReasonTLS, Summary: text.M("check.tls.plain", text.Str("peer", s.Peer))}
	}
	// The driver says "invalid connection" for whatever the connection said.
	hidden := errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn)
	if hidden && s.wire != nil && s.wire.Err() != nil {
		err = s.wire.Err()
	}
	return &netdial.Error{Phase: s.Phases.Current(), Peer: s.Peer, Err: err}
}

func (s *session) said(e *mysql.MySQLError) error {
	number := strconv.Itoa(int(e.Number))
	for _, n := range authErrors {
		if e.Number == n {
			return sqlanswer.Refused(checks.ReasonAuth, s.Peer, number, e.Message)
		}
	}
	for _, n := range timeoutErrors {
		if e.Number == n {
			return &netdial.Error{Phase: netdial.PhaseQuery, Peer: s.Peer, Err: context.DeadlineExceeded}
		}
	}
	return sqlanswer.Refused(checks.ReasonStatus, s.Peer, number, e.Message)
}

// replicaLag reads the answer to SHOW REPLICA STATUS under its old and new
// names. With several channels the first is judged.
func replicaLag(rows sqlanswer.Rows, peer string) (time.Duration, error) {
	io, isReplica := rows.Column("Replica_IO_Running", "Slave_IO_Running")
	if !isReplica {
		return 0, sqlanswer.NoReplica(peer, "")
	}
	apply, _ := rows.Column("Replica_SQL_Running", "Slave_SQL_Running")
	behind, _ := rows.Column("Seconds_Behind_Source", "Seconds_Behind_Master")
	ioError, _ := rows.Column("Last_IO_Error")
	applyError, _ := rows.Column("Last_SQL_Error")
	seconds, err := strconv.ParseFloat(behind, 64)
	if io != "Yes" || apply != "Yes" || err != nil {
		return 0, sqlanswer.NoReplica(peer, fmt.Sprintf("IO %s, SQL %s %s%s", io, apply, ioError, applyError))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
