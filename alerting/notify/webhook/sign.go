package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// secretPrefix marks a secret of Standard Webhooks.
const secretPrefix = "whsec_"

// The sizes of a secret that the specification allows, in bytes.
const (
	minSecret = 24
	maxSecret = 64
)

// parseSecrets reads the file of secrets: one in most cases, and while a
// receiver changes from one to another two, each on a line. Its error does not
// repeat them.
func parseSecrets(content string) ([][]byte, error) {
	var keys [][]byte
	for i, line := range strings.Fields(content) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, secretPrefix))
		if err != nil {
			return nil, fmt.Errorf("signing_secret: line %d is no base64 (make one: `echo whsec_$(openssl rand -base64 32)`)", i+1)
		}
		if len(key) < minSecret || len(key) > maxSecret {
			return nil, fmt.Errorf("signing_secret: line %d has %d bytes; want %d to %d", i+1, len(key), minSecret, maxSecret)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("signing_secret: the file is empty")
	}
	return keys, nil
}

// publicID is a message's identity without the full stop, which separates what
// is signed.
func publicID(id string) string { return "msg_" + strings.ReplaceAll(id, ".", "_") }

// sign makes the value of webhook-signature: one signature for each key.
func sign(keys [][]byte, id string, at time.Time, body []byte) string {
	var list []string
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		mac.Write(body)
		list = append(list, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(list, " ")
}
