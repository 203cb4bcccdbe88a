package hostfile

import (
	"strings"

	"monitord/collectors/snmp"
)

// Credentials is a file of credentials, in the clear: for a file that only its
// owner may read, and nothing else.
func Credentials(c snmp.Credentials) []byte {
	var b strings.Builder
	b.WriteString("# Who asks by SNMP. Only the user that monitord runs as needs to read this.\n")
	line := func(key, value string) {
		if value != "" {
			b.WriteString(key + ": " + Quote(value) + "\n")
		}
	}
	b.WriteString("version: " + c.Version.String() + "\n")
	line("community", string(c.Community))
	line("user", c.User)
	line("level", string(c.Level))
	line("auth_protocol", string(c.AuthProtocol))
	line("auth_password", string(c.AuthPassword))
	line("priv_protocol", string(c.PrivProtocol))
	line("priv_password", string(c.PrivPassword))
	line("context", c.Context)
	line("context_engine", c.ContextEngine)
	return []byte(b.String())
}
