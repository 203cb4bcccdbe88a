package checks

// Type is one kind of check: a value in a builtin list, never a registration.
type Type struct {
	Name    string // as in `type: tcp` and `monitord check tcp`
	Summary string // catalogue ID of one sentence that says what it asks
	Sample  string // sample.yaml: every option, commented, with its default
	// Local says that it judges the machine it runs on, whatever the target's
	// address: it runs on the host's own probe unless run_on says otherwise.
	Local bool
	// Unauthenticated says that anybody in the network can bring about a result:
	// it comes of syslog, v1/v2c traps or mail replies. Such a result never
	// suffices as the only premise of an action.
	Unauthenticated bool
	// NewConfig returns a pointer to a Config that holds the defaults; the
	// decoder fills it by its yaml tags and then calls Validate.
	NewConfig func() Config
	// New builds the check; config is what NewConfig returned, decoded and valid.
	New func(config Config, deps Deps) (Check, error)
}

// Config is the options of one kind of check.
type Config interface {
	// Validate reports every fault at once: an errors.Join of config.Fault
	// values whose paths are relative to this Config. It touches neither
	// network nor files.
	Validate() error
}
