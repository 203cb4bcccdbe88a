package config

import "slices"

// Kind says what a Node is.
type Kind int

// The kinds of node.
const (
	Null   Kind = iota // nothing, null or ~
	Scalar             // one word, number or text
	List
	Map
)

var kindNames = [...]string{Null: "nothing", Scalar: "a single value", List: "a list", Map: "a mapping"}

// String names the kind for a fault.
func (k Kind) String() string { return kindNames[k] }

// Style says how a scalar was written.
type Style int

// The styles of a scalar.
const (
	Plain  Style = iota // without quotes: may be a number, true, false
	Quoted              // in quotes or as a block: text, whatever it looks like
	Loose               // from a command line: whatever fits
)

// Node is one value of a configuration, and where it stands. It is never
// changed once made, and may be shared (an alias is the node of its anchor).
type Node struct {
	Kind    Kind
	Place   Place
	Text    string  // of a scalar, quotes and escapes resolved, numbers as written
	Style   Style   // of a scalar
	Items   []*Node // of a list
	Entries []Entry // of a map, in the order written, keys unique
	size    int     // nodes of the tree when aliases are followed
}

// Entry is one key of a map.
type Entry struct {
	Key   string
	Place Place // of the key
	Value *Node // never nil
}

// Get returns the value of a key of a map; nil when there is none, or n is no map.
func (n *Node) Get(key string) *Node {
	if e := n.entry(key); e != nil {
		return e.Value
	}
	return nil
}

// KeyPlace is where a key of a map is written.
func (n *Node) KeyPlace(key string) Place {
	if e := n.entry(key); e != nil {
		return e.Place
	}
	return Place{}
}

func (n *Node) entry(key string) *Entry {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return &n.Entries[i]
		}
	}
	return nil
}

// Merge puts over on top of base: maps key by key, all the way down; anything
// else, null included, replaces what was below. Either may be nil.
func Merge(base, over *Node) *Node {
	if over == nil {
		return base
	}
	if base == nil || base.Kind != Map || over.Kind != Map {
		return over
	}
	out := &Node{Kind: Map, Place: over.Place, Entries: slices.Clone(base.Entries)}
	index := make(map[string]int, len(base.Entries))
	for i, e := range base.Entries {
		index[e.Key] = i
	}
	for _, e := range over.Entries {
		if i, ok := index[e.Key]; ok {
			e.Value = Merge(base.Entries[i].Value, e.Value)
			out.Entries[i] = e
		} else {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}

// MapText returns n with every scalar's text replaced by what f makes of it;
// keys stay. What does not change is shared with n. Errors of f become faults
// at the scalar's place.
func (n *Node) MapText(path string, f func(string) (string, error)) (*Node, Faults) {
	if n == nil {
		return nil, nil
	}
	out := *n
	var faults Faults
	switch n.Kind {
	case Scalar:
		text, err := f(n.Text)
		if err != nil {
			return n, Faults{{Place: n.Place, Path: path, Problem: err.Error()}}
		}
		if text == n.Text {
			return n, nil
		}
		out.Text, out.Style = text, Loose
	case List:
		out.Items = make([]*Node, len(n.Items))
		for i, item := range n.Items {
			got, more := item.MapText(IndexPath(path, i), f)
			out.Items[i], faults = got, append(faults, more...)
		}
	case Map:
		out.Entries = make([]Entry, len(n.Entries))
		for i, e := range n.Entries {
			got, more := e.Value.MapText(KeyPath(path, e.Key), f)
			e.Value = got
			out.Entries[i], faults = e, append(faults, more...)
		}
	}
	return &out, faults
}
