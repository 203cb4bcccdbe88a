package mail

import (
	"crypto/hmac"
	"crypto/md5"
	"errors"
	"fmt"
	"net"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// errPlain is returned instead of showing a password to the network.
var errPlain = errors.New("the connection is not protected (set mail.tls to starttls or implicit)")

// authenticate uses the first mechanism that the relay offers of PLAIN, LOGIN
// and CRAM-MD5: on a protected connection the simplest is as good as any.
func (c *Channel) authenticate(client *smtp.Client, conn net.Conn) error {
	if _, secure := client.TLSConnectionState(); !secure && !loopback(conn.RemoteAddr()) {
		return errPlain
	}
	password, err := c.config.Password.Read()
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name   string
		client sasl.Client
	}{
		{sasl.Plain, sasl.NewPlainClient("", c.config.Username, password)},
		{sasl.Login, sasl.NewLoginClient(c.config.Username, password)},
		{"CRAM-MD5", &cramMD5{c.config.Username, password}},
	} {
		if client.SupportsAuth(m.name) {
			return client.Auth(m.client)
		}
	}
	return errors.New("the relay offers none of PLAIN, LOGIN, CRAM-MD5")
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// cramMD5 is the client of RFC 2195.
type cramMD5 struct{ username, password string }

// Start implements sasl.Client.
func (c *cramMD5) Start() (string, []byte, error) { return "CRAM-MD5", nil, nil }

// Next answers the challenge with the user's name and the keyed digest.
func (c *cramMD5) Next(challenge []byte) ([]byte, error) {
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write(challenge)
	return fmt.Appendf(nil, "%s %x", c.username, mac.Sum(nil)), nil
}
