package mib

import (
	"slices"

	"monitord/collectors/snmp"
)

// Node is a named place in the tree, with the type of its values. Not to be
// changed.
type Node struct {
	Name   string // ifOperStatus
	Module string // IF-MIB
	OID    snmp.OID
	Kind   Kind
	Base   Base
	Type   string  // the textual convention, such as DisplayString; "" is none
	Enums  []Enum  // by value: names of numbers, or of the bits of BaseBits
	Hint   string  // DISPLAY-HINT (RFC 2579 section 3.1)
	Units  string  // such as octets
	Fixed  int     // octets of a string that always has as many; 0 is any
	Index  []Index // of a row and of its table and columns, in order
	// Objects are the names of a notification's varbinds.
	Objects []string
}

// Index is one part of a row's index.
type Index struct {
	*Node        // whose values it holds
	Implied bool // the last part, a string or OID without its length
}

// String is IF-MIB::ifOperStatus.
func (n *Node) String() string { return n.Module + "::" + n.Name }

// EnumName is the name of a number; "" when it has none.
func (n *Node) EnumName(v int64) string {
	i, ok := slices.BinarySearchFunc(n.Enums, v, func(e Enum, v int64) int {
		switch {
		case e.Value < v:
			return -1
		case e.Value > v:
			return 1
		}
		return 0
	})
	if !ok {
		return ""
	}
	return n.Enums[i].Name
}

// EnumValue is the number of a name.
func (n *Node) EnumValue(name string) (int64, bool) {
	for _, e := range n.Enums {
		if e.Name == name {
			return e.Value, true
		}
	}
	return 0, false
}

// Names finds names and places. It is made by Builtin or Load and not changed
// afterwards: safe for concurrent use.
type Names struct {
	byOID   map[snmp.OID]*Node
	byName  map[string][]*Node // those of the first module first
	modules map[string]bool
	types   map[string]map[string]resolved // by module and name
	anyType map[string]resolved
}

func newNames() *Names {
	return &Names{byOID: map[snmp.OID]*Node{}, byName: map[string][]*Node{}, modules: map[string]bool{}, types: map[string]map[string]resolved{}, anyType: map[string]resolved{}}
}

// At is the node at exactly this place; nil is none.
func (n *Names) At(oid snmp.OID) *Node { return n.byOID[oid] }

// Nearest is the node at oid or the closest one above it, and the numbers
// between (OID.Numbers); nil when there is none.
func (n *Names) Nearest(oid snmp.OID) (node *Node, rest snmp.OID) {
	for at := oid; at != ""; {
		if node := n.byOID[at]; node != nil {
			return node, oid[len(at):]
		}
		cut := len(at) - 1
		for cut > 0 && at[cut-1]&0x80 != 0 {
			cut--
		}
		at = at[:cut]
	}
	return nil, oid
}

// Named is the node of a name, in a module or ("") in any; nil is none.
func (n *Names) Named(module, name string) *Node {
	for _, node := range n.byName[name] {
		if module == "" || node.Module == module {
			return node
		}
	}
	return nil
}

// Modules are the names of what was loaded, sorted.
func (n *Names) Modules() []string {
	all := make([]string, 0, len(n.modules))
	for m := range n.modules {
		all = append(all, m)
	}
	slices.Sort(all)
	return all
}

// Len is the number of named places.
func (n *Names) Len() int { return len(n.byOID) }

// All are the named places, in the order of a walk.
func (n *Names) All() []*Node {
	all := make([]*Node, 0, len(n.byOID))
	for _, node := range n.byOID {
		all = append(all, node)
	}
	slices.SortFunc(all, func(a, b *Node) int { return a.OID.Compare(b.OID) })
	return all
}
