package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
)

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// sign gives the template a random serial of 127 bits (RFC 5280, 4.1.2.2: at
// most 20 octets, positive) and returns DER.
func sign(t, parent *x509.Certificate, pub *ecdsa.PublicKey, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make serial: %w", err)
	}
	t.SerialNumber = serial.Add(serial, big.NewInt(1))
	der, err := x509.CreateCertificate(rand.Reader, t, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	return der, nil
}

// CertPEM writes a certificate as the text of a file.
func CertPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// KeyPEM writes a private key as PKCS #8.
func KeyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// writePair writes certificate and key, the key first, both into one file when
// the paths are equal.
func writePair(certPath, keyPath string, der []byte, key *ecdsa.PrivateKey) error {
	keyText, err := KeyPEM(key)
	if err != nil {
		return err
	}
	if certPath == keyPath {
		return WriteFile(certPath, bytes.Join([][]byte{CertPEM(der), keyText}, nil), 0o600)
	}
	if err := WriteFile(keyPath, keyText, 0o600); err != nil {
		return err
	}
	return WriteFile(certPath, CertPEM(der), 0o644)
}

func readPair(certPath, keyPath string) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("read certificate %s and key %s: %w", certPath, keyPath, err)
	}
	if _, ok := pair.PrivateKey.(*ecdsa.PrivateKey); !ok {
		return nil, fmt.Errorf("read key %s: it is a %T, want ECDSA", keyPath, pair.PrivateKey)
	}
	return &pair, nil
}
