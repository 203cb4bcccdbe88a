package syslog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"monitord/alerting/notify"
)

// closeWithin is how long we wait for a receiver to close its side: one that
// reads does at once.
const closeWithin = time.Second

// send hands one message over and says what is known of its arrival.
func (c *Channel) send(ctx context.Context, d *Destination, compose func(local bool, limit int) []byte) (string, error) {
	network, address, err := d.endpoint()
	if err != nil {
		return "", err
	}
	switch network {
	case "unix":
		return c.datagram(ctx, "unixgram", address, compose(true, maxStream))
	case "udp":
		return c.datagram(ctx, "udp", address, compose(false, maxDatagram))
	}
	conn, err := c.deps.Dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	// Nothing below outlives ctx: a closed connection ends every wait.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	stream := conn
	if network == "tls" {
		if stream, err = d.protect(ctx, conn, address); err != nil {
			return "", err
		}
	}
	message := compose(false, maxStream)
	if _, err := fmt.Fprintf(stream, "%d %s", len(message), message); err != nil {
		return "", err
	}
	return confirm(stream)
}

func (c *Channel) datagram(ctx context.Context, network, address string, message []byte) (string, error) {
	conn, err := c.deps.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return "", err
		}
	}
	if _, err := conn.Write(message); err != nil {
		return "", err
	}
	return "sent; nothing confirms its arrival", nil
}

// protect does the handshake of TLS.
func (d *Destination) protect(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	conf := &tls.Config{ServerName: d.ServerName, MinVersion: tls.VersionTLS12}
	if conf.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		conf.ServerName = host
	}
	if d.CAFile != "" {
		pem, err := os.ReadFile(d.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file %s: no certificate in PEM form in it", d.CAFile)
		}
	}
	if d.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(d.CertFile, d.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("cert_file, key_file: %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	secure := tls.Client(conn, conf)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return secure, nil
}

// confirm closes our side and waits for the receiver to close its own, which it
// does when it has read all. One that keeps it open has at least not refused.
func confirm(conn net.Conn) (string, error) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return "", notify.InDoubt{Err: err}
		}
	}
	if err := conn.SetReadDeadline(time.Now().Add(closeWithin)); err != nil {
		return "", notify.InDoubt{Err: err}
	}
	// Bounded: a receiver has nothing to say.
	_, err := io.CopyN(io.Discard, conn, 4<<10)
	switch timeout, ok := errors.AsType[net.Error](err); {
	case err == nil, errors.Is(err, io.EOF):
		return "sent; the receiver read it and closed", nil
	case ok && timeout.Timeout():
		return "sent; the receiver keeps the connection open", nil
	}
	return "", notify.InDoubt{Err: fmt.Errorf("the connection broke after the message: %w", err)}
}
