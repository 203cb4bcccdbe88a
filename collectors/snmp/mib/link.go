package mib

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"monitord/collectors/snmp"
)

// resolved is a type with everything that it refines.
type resolved struct {
	base  Base
	name  string // of the textual convention
	enums []Enum
	hint  string
	fixed int
}

// linker gives the definitions of some modules their places and types.
type linker struct {
	names   *Names
	modules map[string]*module
	order   []*module
	defs    map[string]map[string]*definition // by module and name
	oids    map[*definition]snmp.OID
	busy    map[any]bool // being worked out: a cycle
}

// link adds modules to names. It returns every fault; what is without fault is
// added all the same.
func (n *Names) link(modules []*module) error {
	l := &linker{names: n, order: modules, modules: map[string]*module{}, defs: map[string]map[string]*definition{}, oids: map[*definition]snmp.OID{}, busy: map[any]bool{}}
	for _, m := range modules {
		l.modules[m.name] = m
		l.defs[m.name] = make(map[string]*definition, len(m.defs))
		for _, d := range m.defs {
			l.defs[m.name][d.name] = d
		}
	}
	var faults []error
	for _, m := range modules {
		n.modules[m.name] = true
		faults = append(faults, l.types(m))
	}
	for _, m := range modules {
		faults = append(faults, l.nodes(m))
	}
	for _, m := range modules {
		faults = append(faults, l.indexes(m))
	}
	return errors.Join(faults...)
}

// types works out the textual conventions of a module.
func (l *linker) types(m *module) error {
	var faults []error
	into := map[string]resolved{}
	l.names.types[m.name] = into
	for name, s := range m.types {
		if s.name == "SEQUENCE" || s.name == "CHOICE" || s.name == "SEQUENCE OF" {
			continue
		}
		r, err := l.resolve(m, s)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		r.name = name
		into[name] = r
		if _, taken := l.names.anyType[name]; !taken {
			l.names.anyType[name] = r
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}

// resolve follows a type to its base.
func (l *linker) resolve(m *module, s *syntax) (resolved, error) {
	r := resolved{base: s.base}
	if s.name != "" {
		under, err := l.typeNamed(m, s)
		if err != nil {
			return r, err
		}
		r = under
		if _, isOwnType := baseNames[s.name]; !isOwnType {
			r.name = s.name
		}
	}
	if s.enums != nil {
		r.enums = slices.Clone(s.enums)
		slices.SortStableFunc(r.enums, func(a, b Enum) int { return cmp.Compare(a.Value, b.Value) })
	}
	r.hint = cmp.Or(s.hint, r.hint)
	if s.fixed > 0 {
		r.fixed = s.fixed
	}
	return r, nil
}

func (l *linker) typeNamed(m *module, s *syntax) (resolved, error) {
	if l.busy[s] {
		return resolved{}, &Fault{m.file, s.line, fmt.Sprintf("type %s refines itself", s.name)}
	}
	l.busy[s] = true
	defer delete(l.busy, s)
	home := m
	if from := l.modules[m.imports[s.name]]; from != nil {
		home = from
	}
	for _, in := range []*module{m, home} {
		if r, ok := l.names.types[in.name][s.name]; ok && in.types[s.name] != nil {
			return r, nil
		}
		if under := in.types[s.name]; under != nil {
			return l.resolve(in, under)
		}
	}
	if r, ok := l.names.types[m.imports[s.name]][s.name]; ok {
		return r, nil
	}
	if r, ok := l.names.anyType[s.name]; ok {
		return r, nil
	}
	for _, in := range l.order { // of a module beside, not imported
		if under := in.types[s.name]; under != nil {
			return l.resolve(in, under)
		}
	}
	return resolved{}, &Fault{m.file, s.line, fmt.Sprintf("unknown type %s%s", s.name, where(m, s.name))}
}

// where says what to do about a name that is nowhere.
func where(m *module, name string) string {
	if from := m.imports[name]; from != "" {
		return fmt.Sprintf(": add the file of module %s, from which it is imported", from)
	}
	return ": import it from its module, or correct the name"
}

// nodes gives the definitions of a module their places.
func (l *linker) nodes(m *module) error {
	var faults []error
	for _, d := range m.defs {
		oid, err := l.place(m, d)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		node := &Node{Name: d.name, Module: m.name, OID: oid, Kind: d.kind, Units: d.units, Objects: d.objects}
		if err := l.value(m, d, node); err != nil {
			faults = append(faults, err) // the name is good all the same
		}
		l.names.add(node)
	}
	return errors.Join(faults...)
}

func (l *linker) value(m *module, d *definition, node *Node) error {
	switch {
	case d.syntax == nil:
	case d.index != nil || d.augments != "":
		node.Kind = KindRow
	case d.syntax.name == "SEQUENCE OF":
		node.Kind = KindTable
	default:
		r, err := l.resolve(m, d.syntax)
		if err != nil {
			return err
		}
		node.Base, node.Type, node.Enums, node.Hint, node.Fixed = r.base, r.name, r.enums, r.hint, r.fixed
	}
	return nil
}

// add takes a node in. A place that has a name keeps it, unless the same module
// came again.
func (n *Names) add(node *Node) {
	if old := n.byOID[node.OID]; old == nil || old.Module == node.Module {
		n.byOID[node.OID] = node
	}
	same := func(o *Node) bool { return o.Module == node.Module }
	n.byName[node.Name] = append(slices.DeleteFunc(n.byName[node.Name], same), node)
}

// place works out where a definition is.
func (l *linker) place(m *module, d *definition) (snmp.OID, error) {
	if oid, ok := l.oids[d]; ok {
		return oid, nil
	}
	if l.busy[d] {
		return "", &Fault{m.file, d.line, fmt.Sprintf("%s is below itself", d.name)}
	}
	l.busy[d] = true
	defer delete(l.busy, d)
	oid, err := l.placeBelow(m, d)
	if err == nil {
		l.oids[d] = oid
	}
	return oid, err
}

// arcs are the names of X.660 at the top, which have no place of their own in
// an encoding.
var arcs = map[string]uint32{"ccitt": 0, "iso": 1, "joint-iso-ccitt": 2}

func (l *linker) placeBelow(m *module, d *definition) (snmp.OID, error) {
	subs := d.subs
	if arc, ok := arcs[d.parent]; ok {
		subs = append([]uint32{arc}, subs...)
	} else if d.parent != "" {
		parent, err := l.parent(m, d)
		if err != nil {
			return "", err
		}
		return parent.Append(subs...), nil
	}
	if len(subs) < 2 || subs[0] > 2 || subs[0] < 2 && subs[1] > 39 {
		return "", &Fault{m.file, d.line, fmt.Sprintf("%s: no such place", d.name)}
	}
	return top(subs), nil
}

// top is the OID of numbers from the root; the first two are in range.
func top(subs []uint32) snmp.OID {
	return snmp.OID("").Append(subs[0]*40 + subs[1]).Append(subs[2:]...)
}

func (l *linker) parent(m *module, d *definition) (snmp.OID, error) {
	from := m.imports[d.parent]
	for _, in := range []string{m.name, from} {
		if p := l.defs[in][d.parent]; p != nil && p != d {
			return l.place(l.modules[in], p)
		}
	}
	node := l.names.Named(from, d.parent)
	if node == nil {
		node = l.names.Named("", d.parent)
	}
	if node == nil {
		for _, in := range l.order { // of a module beside, not imported
			if p := l.defs[in.name][d.parent]; p != nil && p != d {
				return l.place(in, p)
			}
		}
		return "", &Fault{m.file, d.line, fmt.Sprintf("%s: unknown parent %s%s", d.name, d.parent, where(m, d.parent))}
	}
	return node.OID, nil
}

// indexes gives rows, their tables and their columns the index.
func (l *linker) indexes(m *module) error {
	var faults []error
	for _, d := range m.defs {
		row := l.names.Named(m.name, d.name)
		if row == nil || row.Kind != KindRow || row.Index != nil {
			continue
		}
		index, err := l.indexOf(m, d, 0)
		if err != nil {
			faults = append(faults, err)
		}
		row.Index = index
		if table := l.names.byOID[above(row.OID)]; table != nil && table.Kind == KindTable {
			table.Index = index
		}
	}
	for _, d := range m.defs {
		node := l.names.Named(m.name, d.name)
		if node == nil || node.Kind != KindScalar {
			continue
		}
		if row := l.rowOf(node); row != nil {
			node.Kind, node.Index = KindColumn, row.Index
		}
	}
	return errors.Join(faults...)
}

// rowOf is the row of a column: that of its own module, where two modules
// define one table.
func (l *linker) rowOf(node *Node) *Node {
	row := l.names.byOID[above(node.OID)]
	if row == nil || row.Kind != KindRow {
		return nil
	}
	return row
}

// maxAugments bounds a chain of rows that augment each other.
const maxAugments = 8

func (l *linker) indexOf(m *module, d *definition, depth int) ([]Index, error) {
	if d.augments != "" {
		in := m
		if from := l.modules[m.imports[d.augments]]; from != nil {
			in = from
		}
		if other := l.defs[in.name][d.augments]; other != nil && depth < maxAugments {
			return l.indexOf(in, other, depth+1)
		}
		if node := l.names.Named("", d.augments); node != nil && node.Index != nil {
			return node.Index, nil
		}
		return nil, &Fault{m.file, d.line, fmt.Sprintf("%s augments %s, which has no index%s", d.name, d.augments, where(m, d.augments))}
	}
	var index []Index
	for _, part := range d.index {
		node := l.names.Named(m.name, part.name)
		if node == nil {
			node = l.names.Named(m.imports[part.name], part.name)
		}
		if node == nil {
			node = l.names.Named("", part.name)
		}
		if base, ok := baseNames[part.name]; node == nil && ok { // INDEX { INTEGER }
			node = &Node{Name: part.name, Module: m.name, Base: base}
		}
		if node == nil {
			return nil, &Fault{m.file, d.line, fmt.Sprintf("%s: unknown index %s%s", d.name, part.name, where(m, part.name))}
		}
		index = append(index, Index{node, part.implied})
	}
	return index, nil
}

// above is the place one number higher.
func above(oid snmp.OID) snmp.OID {
	cut := len(oid) - 1
	for cut > 0 && oid[cut-1]&0x80 != 0 {
		cut--
	}
	if cut < 0 {
		return ""
	}
	return oid[:cut]
}
