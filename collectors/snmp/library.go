package snmp

import "github.com/gosnmp/gosnmp"

// FromPDU turns a value that gosnmp decoded into ours.
func FromPDU(p gosnmp.SnmpPDU) (Varbind, error) { return fromGoSNMP(p) }

// Parameters are a v3 user's name and keys as gosnmp takes them, without an
// engine. It is for credentials that Validate found good.
func (c Credentials) Parameters() *gosnmp.UsmSecurityParameters {
	sp := &gosnmp.UsmSecurityParameters{UserName: c.User, AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv}
	level := c.SecurityLevel()
	if level != LevelNoAuth {
		sp.AuthenticationProtocol = authProtocols[protocolKey(string(c.AuthProtocol))]
		sp.AuthenticationPassphrase = string(c.AuthPassword)
	}
	if level == LevelPriv {
		sp.PrivacyProtocol = privProtocols[protocolKey(string(c.PrivProtocol))]
		sp.PrivacyPassphrase = string(c.PrivPassword)
	}
	return sp
}
