package netsnmp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/mib"
)

const usage = `Usage: monitord snmp get  [OPTION…] AGENT OID…
       monitord snmp walk [OPTION…] AGENT [OID]
       monitord snmp discover [OPTION…] [COMMUNITY@]AGENT…   (discover --help)

AGENT is HOST, HOST:PORT, udp:HOST:PORT or udp6:[ADDRESS]:PORT; OID a number
(.1.3.6.1.2.1.1.5.0) or a name (sysName.0, IF-MIB::ifDescr.1, ifName."eth0").
Without OID, walk reads .1.3.6.1.2.1 (mib-2). v2c and v3 walk by bulk requests.

  --credentials FILE    version, community or user and words: YAML, see
                        collectors/snmp/README.md. Prefer it: whatever stands
                        on a command line, everybody on this machine can read.
  -v 1|2c|3             version              -c COMMUNITY
  -u USER -l LEVEL      v3: noAuthNoPriv, authNoPriv or authPriv
  -a PROTOCOL -A WORD   MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512
  -x PROTOCOL -X WORD   DES AES AES-192 AES-256 AES-192-C AES-256-C
  -n CONTEXT -E ENGINE  context, and the engine that it belongs to
  -t SECONDS -r N       each attempt waits, and retries (1, 5)
  -m '' | -M FOLDER     no names at all; the MIB files of a folder, instead of
                        those in /etc/monitord/mibs (+FOLDER: of both)
  -O LETTERS            n numeric OIDs, s last name, S module and name, f full,
                        u short prefix, q no types, Q the same with =, v values
                        only, e numeric enumerations, t numeric times, U no
                        units, a text, x hexadecimal, T both, 0 two hex digits,
                        b plain indexes, X [indexes], E escaped quotes
  -C LETTERS            walk: c any order, i with OID itself, I never GET, p
                        count, t time, rN rows a request; get: f stop at faults

Options and values may be glued: -v2c -On -Cr25. Output and messages are those
of snmpget and snmpbulkwalk; a second line says what to do.
Example: monitord snmp walk --credentials sw1.yaml sw1 IF-MIB::ifName
`

// Exit codes of net-snmp's programs, and the house's for wrong usage.
const (
	exitOK     = 0
	exitFailed = 1
	exitAgent  = 2
	exitUsage  = 2
)

// Run is the verbs get and walk, named in args[0]. It returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		out, code := stderr, exitUsage
		if len(args) > 0 {
			out, code = stdout, exitOK
		}
		fmt.Fprint(out, usage)
		return code
	}
	verb := args[0]
	if verb != "get" && verb != "walk" {
		fmt.Fprintf(stderr, "snmp: no verb %q here (get, walk, discover; monitord snmp --help)\n", verb)
		return exitUsage
	}
	c, err := parseArgs(args[1:])
	if err == nil && !c.help && verb == "get" && len(c.oids) == 0 {
		err = errors.New("Missing object name")
	}
	if err == nil && !c.help && verb == "walk" && len(c.oids) > 1 {
		err = errors.New("walk takes one OID")
	}
	if err != nil {
		fmt.Fprintf(stderr, "snmp%s: %v\nsee: monitord snmp --help\n", verb, err)
		return exitUsage
	}
	if c.help {
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	r := &runner{command: c, verb: "snmp" + verb, out: bufio.NewWriter(stdout), err: stderr}
	code := r.run(ctx, verb)
	if err := r.out.Flush(); err != nil && code == exitOK {
		fmt.Fprintf(stderr, "%s: %v\n", r.verb, err)
		return exitFailed
	}
	return code
}

// runner is one run of a verb.
type runner struct {
	*command
	verb    string
	out     *bufio.Writer
	err     io.Writer
	session *snmp.Session
	printed int
}

func (r *runner) run(ctx context.Context, verb string) int {
	r.loadNames()
	oids, ok := r.find()
	if !ok {
		return exitFailed
	}
	var err error
	if r.session, err = snmp.Open(ctx, r.device); err != nil {
		fmt.Fprintf(r.err, "%s: Unknown host (%s)\n%v\n", r.verb, r.agent, err)
		return exitFailed
	}
	defer r.session.Close()
	if verb == "get" {
		return r.get(ctx, oids)
	}
	return r.walkAll(ctx, oids[0])
}

// loadNames loads what the options ask for. Faulty MIB files are told, and what
// could be read is used.
func (r *runner) loadNames() {
	numeric := r.printer.Style.Form == mib.FormNumeric
	needed := r.askNames && !r.noNames || !r.askNames && !numeric
	for _, text := range r.oids { // names to look up are needed in any case
		needed = needed || !r.noNames && strings.Trim(text, ".0123456789") != ""
	}
	if !needed {
		return
	}
	folders := r.folders
	if !r.ownFolders {
		folders = append(mib.Folders(mib.DefaultFolder), folders...)
	}
	names, err := mib.Load(folders...)
	if err != nil {
		fmt.Fprintf(r.err, "%v\n", err)
	}
	if names == nil {
		return
	}
	r.lookup = names
	if r.askNames || !numeric {
		r.printer.Names = names
	}
}

// target is where a command line points: an OID, or one of the three arcs at
// the top, which only a walk can take.
type target struct {
	oid snmp.OID
	arc int // -1: none
}

// defaultRoot is mib-2, as snmpwalk's.
const defaultRoot = ".1.3.6.1.2.1"

func (r *runner) find() ([]target, bool) {
	if len(r.oids) == 0 {
		r.oids = []string{defaultRoot}
	}
	var all []target
	ok := true
	for _, text := range r.oids {
		t := target{arc: -1}
		var err error
		if t.oid, err = r.lookup.Find(text); errors.Is(err, mib.ErrArc) && r.verb == "snmpwalk" {
			t.arc, err = arcOf(text), nil
		}
		if err != nil {
			fmt.Fprintln(r.err, err)
			ok = false
		}
		all = append(all, t)
	}
	if !ok {
		fmt.Fprintf(r.err, "Names are those of the standard modules and of MIB files in %s (-M FOLDER: elsewhere). A number always works.\n", mib.DefaultFolder)
	}
	return all, ok
}

// arcOf is the number of a place at the top.
func arcOf(text string) int {
	for i, name := range []string{"ccitt", "iso", "joint-iso-ccitt"} {
		if text = strings.TrimPrefix(text, "."); text == name || text == fmt.Sprint(i) {
			return i
		}
	}
	return -1
}

func (r *runner) print(v snmp.Varbind) {
	r.printed++
	r.out.Write(append(r.printer.Append(r.out.AvailableBuffer(), v), '\n'))
}

// get asks for all objects at once; after an error of the agent without the
// one that it names, as snmpget does.
func (r *runner) get(ctx context.Context, targets []target) int {
	var oids []snmp.OID
	for _, t := range targets {
		oids = append(oids, t.oid)
	}
	code := exitOK
	for len(oids) > 0 {
		a, err := r.session.Get(ctx, oids...)
		if err != nil {
			return r.fail(err)
		}
		if a.Status == snmp.NoError {
			for _, v := range a.Vars {
				r.print(v)
			}
			r.hintInstance(a.Vars)
			return code
		}
		code = exitAgent
		r.out.Flush()
		fmt.Fprintf(r.err, "Error in packet\nReason: %s\n", reason(a.Status))
		if a.Index < 1 || a.Index > len(oids) {
			return code
		}
		fmt.Fprintf(r.err, "Failed object: %s\n\n", r.printer.OID(oids[a.Index-1]))
		if r.walk.noFix {
			return code
		}
		oids = append(oids[:a.Index-1], oids[a.Index:]...)
	}
	return code
}

// hintInstance says what to do about an object without its instance.
func (r *runner) hintInstance(vars []snmp.Varbind) {
	for _, v := range vars {
		if !v.Missing() || r.lookup == nil {
			continue
		}
		r.out.Flush()
		switch node := r.lookup.At(v.OID); {
		case node == nil:
		case node.Kind == mib.KindScalar:
			fmt.Fprintf(r.err, "%s stands at %s.0\n", node.Name, node.Name)
		case node.Kind == mib.KindColumn, node.Kind == mib.KindRow, node.Kind == mib.KindTable:
			fmt.Fprintf(r.err, "%s has rows: monitord snmp walk reads them all\n", node.Name)
		}
	}
}

func (r *runner) walkAll(ctx context.Context, t target) int {
	start := time.Now()
	if r.walk.include {
		if code := r.getRoot(ctx, t.oid); code != exitOK {
			return code
		}
	}
	code := r.below(ctx, t)
	if code == exitOK && r.printed == 0 && !r.walk.noGet && t.oid != "" {
		code = r.getRoot(ctx, t.oid)
	}
	if r.walk.statistics {
		fmt.Fprintf(r.out, "Variables found: %d\n", r.printed)
	}
	if r.walk.took {
		r.out.Flush()
		fmt.Fprintf(r.err, "Total traversal time = %f seconds\n", time.Since(start).Seconds())
	}
	return code
}

func (r *runner) below(ctx context.Context, t target) int {
	w := snmp.Walk{Root: t.oid, AnyOrder: r.walk.anyOrder, End: func(v snmp.Varbind) {
		if v.Type == snmp.TypeNull {
			r.out.WriteString("End of MIB\n")
			r.printed++
			return
		}
		r.print(v)
	}}
	err := r.session.WalkWith(ctx, w, func(v snmp.Varbind) error {
		if t.arc >= 0 {
			for first := range v.OID.SubIDs() {
				switch {
				case int(first) < t.arc:
					return nil
				case int(first) > t.arc:
					return snmp.ErrStop
				}
				break
			}
		}
		r.print(v)
		return nil
	})
	if err == nil {
		return exitOK
	}
	if order, ok := errors.AsType[*snmp.OrderError](err); ok {
		r.print(order.Varbind)
		r.out.Flush()
		fmt.Fprintf(r.err, "Error: OID not increasing: %s\n >= %s\n\n", r.printer.OID(order.Before), r.printer.OID(order.Got))
		return exitFailed
	}
	return r.fail(err)
}

// getRoot is what snmpwalk does for an OID that has nothing below it.
func (r *runner) getRoot(ctx context.Context, oid snmp.OID) int {
	a, err := r.session.Get(ctx, oid)
	if err != nil {
		return r.fail(err)
	}
	if a.Status == snmp.NoError {
		for _, v := range a.Vars {
			r.print(v)
		}
	}
	return exitOK
}

// fail says what went wrong in net-snmp's words, and in ours what to do.
func (r *runner) fail(err error) int {
	r.out.Flush()
	if status, ok := errors.AsType[*snmp.StatusError](err); ok {
		fmt.Fprintf(r.err, "Error in packet.\nReason: %s\n", reason(status.Status))
		if status.Index != 0 {
			fmt.Fprintf(r.err, "Failed object: %s\n\n", r.printer.OID(status.OID))
		}
		return exitAgent
	}
	dot := ""
	if r.verb == "snmpget" {
		dot = "."
	}
	switch {
	case errors.Is(err, snmp.ErrTimeout), errors.Is(err, snmp.ErrRefused), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintf(r.err, "Timeout: No Response from %s%s\n", r.agent, dot)
	default:
		fmt.Fprintf(r.err, "%s: %s\n", r.verb, short(err))
	}
	fmt.Fprintln(r.err, err)
	return exitFailed
}

// short is net-snmp's sentence for an error.
func short(err error) string {
	for _, known := range []struct {
		is  error
		say string
	}{
		{snmp.ErrUser, "Unknown user name"}, {snmp.ErrAuth, "Authentication failure (incorrect password, community or key)"},
		{snmp.ErrPriv, "Decryption error"}, {snmp.ErrLevel, "Unsupported security level"}, {snmp.ErrClock, "Not in time window"},
		{snmp.ErrEngine, "Unknown engine ID"}, {snmp.ErrUnreachable, "Failure in sendto"}, {snmp.ErrContext, "Bad context specified"},
	} {
		if errors.Is(err, known.is) {
			return known.say
		}
	}
	return "Generic error"
}

// reason is net-snmp's sentence for an error-status.
func reason(s snmp.Status) string {
	switch s {
	case snmp.TooBig:
		return "(tooBig) Response message would have been too large."
	case snmp.NoSuchName:
		return "(noSuchName) There is no such variable name in this MIB."
	case snmp.BadValue:
		return "(badValue) The value given has the wrong type or length."
	case snmp.GenErr:
		return "(genError) A general failure occured"
	case snmp.AuthError:
		return "authorizationError (access denied to that object)"
	}
	return s.String()
}
