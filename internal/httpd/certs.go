package httpd

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certFiles serves a certificate from files and notices when they change.
type certFiles struct {
	cert, key string
	mu        sync.Mutex
	loaded    *tls.Certificate
	modified  time.Time
}

// get is tls.Config.GetCertificate. A renewed file that cannot be read leaves
// the old certificate in use.
func (c *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.modified) {
		return c.loaded, nil
	}
	pair, perr := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil || perr != nil {
		if c.loaded != nil {
			return c.loaded, nil
		}
		return nil, fmt.Errorf("load certificate %s with key %s: %w", c.cert, c.key, perr)
	}
	c.loaded, c.modified = &pair, info.ModTime()
	return c.loaded, nil
}
