package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/emersion/go-smtp"

	"monitord/alerting/notify"
)

// handOver gives one message to the relay and returns its answer.
func (c *Channel) handOver(ctx context.Context, to string, raw []byte) (string, error) {
	client, conn, err := c.connect(ctx)
	if err != nil {
		return "", fmt.Errorf("relay %s: %w", c.config.Relay, err)
	}
	defer client.Close()
	// Nothing below outlives ctx: a closed connection ends every wait.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	answer, err := c.transact(client, conn, to, raw)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			// The wrapping of err stays: it may say that the mail is in doubt.
			return "", fmt.Errorf("relay %s: no answer within %s: %w", c.config.Relay, c.config.Timeout, err)
		}
		return "", fmt.Errorf("relay %s: %w", c.config.Relay, err)
	}
	return answer, nil
}

// connect dials, protects the connection as configured and says hello.
func (c *Channel) connect(ctx context.Context) (*smtp.Client, net.Conn, error) {
	client, conn, err := c.open(ctx, c.config.TLS)
	if err != nil || c.config.TLS != TLSOpportunistic {
		return client, conn, err
	}
	if ok, _ := client.Extension("STARTTLS"); !ok {
		return client, conn, nil
	}
	// go-smtp protects only a fresh connection.
	client.Close()
	return c.open(ctx, TLSStart)
}

// open makes one connection; it is closed when anything fails.
func (c *Channel) open(ctx context.Context, how TLS) (*smtp.Client, net.Conn, error) {
	conn, err := c.deps.Dialer.DialContext(ctx, "tcp", c.config.Relay)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	client, err := c.greet(ctx, conn, how)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return client, conn, nil
}

// greet protects a connection and says hello.
func (c *Channel) greet(ctx context.Context, conn net.Conn, how TLS) (*smtp.Client, error) {
	conf, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	var client *smtp.Client
	switch how {
	case TLSStart:
		if client, err = smtp.NewClientStartTLS(conn, conf); err != nil {
			return nil, fmt.Errorf("starttls: %w", err)
		}
	case TLSImplicit:
		secure := tls.Client(conn, conf)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		client = smtp.NewClient(secure)
	default:
		client = smtp.NewClient(conn)
	}
	client.CommandTimeout, client.SubmissionTimeout = c.config.Timeout, c.config.Timeout
	if err := client.Hello(c.helo); err != nil {
		return nil, fmt.Errorf("hello: %w", err)
	}
	return client, nil
}

func (c *Channel) tlsConfig() (*tls.Config, error) {
	conf := &tls.Config{ServerName: c.config.ServerName, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: c.config.TLS == TLSOpportunistic}
	if conf.ServerName == "" {
		host, _, err := net.SplitHostPort(c.config.Relay)
		if err != nil {
			return nil, err
		}
		conf.ServerName = host
	}
	if c.config.CAFile == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(c.config.CAFile)
	if err != nil {
		return nil, fmt.Errorf("mail.ca_file: %w", err)
	}
	conf.RootCAs = x509.NewCertPool()
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("mail.ca_file %s: no certificate in PEM form in it", c.config.CAFile)
	}
	return conf, nil
}

func (c *Channel) transact(client *smtp.Client, conn net.Conn, to string, raw []byte) (string, error) {
	if c.config.Username != "" {
		if err := c.authenticate(client, conn); err != nil {
			return "", fmt.Errorf("authenticate as %s: %w", c.config.Username, err)
		}
	}
	if err := client.Mail(c.from.Address, &smtp.MailOptions{UTF8: !ascii(to) || !ascii(c.from.Address)}); err != nil {
		return "", verdict("sender", err)
	}
	if err := client.Rcpt(to, nil); err != nil {
		return "", verdict("recipient "+to, err)
	}
	data, err := client.Data()
	if err != nil {
		return "", verdict("data", err)
	}
	if _, err := data.Write(raw); err != nil {
		return "", fmt.Errorf("message: %w", err)
	}
	answer, err := data.CloseWithResponse()
	if err != nil {
		if _, answered := errors.AsType[*smtp.SMTPError](err); !answered {
			return "", notify.InDoubt{Err: fmt.Errorf("no answer to the message: %w", err)}
		}
		return "", verdict("message", err)
	}
	// The relay has the mail; how it says goodbye changes nothing.
	_ = client.Quit()
	return "250 " + notify.OneLine(answer.StatusText), nil
}

// verdict makes the relay's refusal for good a Permanent.
func verdict(what string, err error) error {
	wrapped := fmt.Errorf("%s: %w", what, err)
	if refusal, ok := errors.AsType[*smtp.SMTPError](err); ok && refusal.Code >= 500 {
		return notify.Permanent{Err: wrapped}
	}
	return wrapped
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
