package config

import (
	"fmt"
	"strconv"
	"strings"
)

// KeyPath is the path of a key below parent. A key that holds a character of
// the path's own syntax is quoted: hosts."web1.example.net".address.
func KeyPath(parent, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\" \t\r\n:") {
		key = strconv.Quote(key)
	}
	if parent == "" {
		return key
	}
	return parent + "." + key
}

// IndexPath is the path of an element of a list.
func IndexPath(parent string, i int) string { return fmt.Sprintf("%s[%d]", parent, i) }

// JoinPath puts a relative path, as a Fault has it, behind parent.
func JoinPath(parent, relative string) string {
	switch {
	case relative == "":
		return parent
	case parent == "" || strings.HasPrefix(relative, "["):
		return parent + relative
	}
	return parent + "." + relative
}

// Locate is the place of path below n: of the value when it is there, else of
// the key of the last mapping on the way that is. A key may be quoted or not.
func (n *Node) Locate(path string) Place {
	if n == nil {
		return Place{}
	}
	place := n.Place
	for path != "" {
		next, keyPlace, rest := n.step(path)
		if next == nil {
			return place
		}
		n, path = next, rest
		place = keyPlace
		if n.Kind == Scalar || path == "" && n.Kind != Null {
			place = n.Place
		}
	}
	return place
}

// At is the node at path below n; nil when there is none.
func (n *Node) At(path string) *Node {
	for path != "" && n != nil {
		n, _, path = n.step(path)
	}
	return n
}

// step follows the first piece of path.
func (n *Node) step(path string) (next *Node, keyPlace Place, rest string) {
	path = strings.TrimPrefix(path, ".")
	if digits, ok := strings.CutPrefix(path, "["); ok {
		number, rest, _ := strings.Cut(digits, "]")
		i, err := strconv.Atoi(number)
		if err != nil || n.Kind != List || i < 0 || i >= len(n.Items) {
			return nil, Place{}, ""
		}
		return n.Items[i], n.Items[i].Place, rest
	}
	if n.Kind != Map {
		return nil, Place{}, ""
	}
	var found *Entry
	for i := range n.Entries {
		e := &n.Entries[i]
		for _, name := range [...]string{e.Key, strconv.Quote(e.Key)} {
			after, ok := strings.CutPrefix(path, name)
			// A host's name may hold dots: the longest key that fits is meant.
			if ok && (after == "" || after[0] == '.' || after[0] == '[') && (found == nil || len(after) < len(rest)) {
				found, rest = e, after
			}
		}
	}
	if found == nil {
		return nil, Place{}, ""
	}
	return found.Value, found.Place, rest
}
