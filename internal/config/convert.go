package config

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// converter makes Nodes of the YAML library's tree: anchors and aliases
// resolved, merge keys applied, keys proven unique.
type converter struct {
	file    string
	anchors map[string]*Node
	added   int // values that aliases added
	faults  Faults
}

func (c *converter) fault(place Place, path, format string, args ...any) {
	c.faults = append(c.faults, PlacedFault{Place: place, Path: path, Problem: fmt.Sprintf(format, args...)})
}

func (c *converter) place(n ast.Node) Place {
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return Place{File: c.file, Line: 1, Col: 1}
	}
	return Place{File: c.file, Line: tk.Position.Line, Col: tk.Position.Column}
}

// node converts n; it never returns nil.
func (c *converter) node(n ast.Node, path string, depth int) *Node {
	if n == nil {
		return &Node{Place: Place{File: c.file, Line: 1, Col: 1}, size: 1}
	}
	out := &Node{Kind: Scalar, Place: c.place(n), size: 1}
	if depth > maxDepth {
		c.fault(out.Place, path, "nested too deeply (want at most %d levels)", maxDepth)
		out.Kind = Null
		return out
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		// Known only after its value: an alias inside it would never end.
		out = c.node(n.Value, path, depth+1)
		c.anchors[n.Name.GetToken().Value] = out
	case *ast.AliasNode:
		return c.alias(n, path, out)
	case *ast.TagNode:
		return c.tag(n, path, depth, out)
	case *ast.StringNode:
		out.Text = n.Value
		if t := n.GetToken().Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
			out.Style = Quoted
		}
	case *ast.LiteralNode:
		out.Text, out.Style = n.Value.Value, Quoted
	case *ast.NullNode:
		out.Kind = Null
	case *ast.MappingNode:
		c.mapping(out, n.Values, path, depth)
	case *ast.MappingValueNode:
		c.mapping(out, []*ast.MappingValueNode{n}, path, depth)
	case *ast.SequenceNode:
		out.Kind = List
		for i, item := range n.Values {
			child := c.node(item, IndexPath(path, i), depth+1)
			out.Items = append(out.Items, child)
			out.size += child.size
		}
	default: // bool, integer, float, infinity, NaN: as they were written
		out.Text = n.GetToken().Value
	}
	return out
}

func (c *converter) alias(n *ast.AliasNode, path string, out *Node) *Node {
	out.Kind = Null
	if n.Value == nil || n.Value.GetToken() == nil {
		c.fault(out.Place, path, "an alias needs a name")
		return out
	}
	name := n.Value.GetToken().Value
	target := c.anchors[name]
	if target == nil {
		c.fault(out.Place, path, "alias *%s has no anchor before it (want &%s earlier in this file)", name, name)
		return out
	}
	c.added += target.size
	if c.added > maxAliasValues {
		c.fault(out.Place, path, "aliases make the configuration too large (want at most %d values from aliases)", maxAliasValues)
		return out
	}
	return target
}

// tag accepts the tags that change nothing and !!str.
func (c *converter) tag(n *ast.TagNode, path string, depth int, out *Node) *Node {
	name := n.Start.Value
	value := c.node(n.Value, path, depth+1)
	switch name {
	case "!!str":
		copied := *value
		if copied.Kind == Scalar {
			copied.Style = Quoted
		}
		return &copied
	case "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
		return value
	}
	c.fault(out.Place, path, "tag %s is not known here; leave it out", name)
	return value
}

func (c *converter) mapping(out *Node, values []*ast.MappingValueNode, path string, depth int) {
	out.Kind = Map
	var merged []*Node
	first := map[string]Place{}
	for i, v := range values {
		key, place := c.key(v.Key)
		if i == 0 && v.Key != nil && out.Place.Line >= place.Line && out.Place.Col > place.Col {
			out.Place = place // a block mapping begins at its first key, not at its colon
		}
		value := c.node(v.Value, KeyPath(path, key), depth+1)
		out.size += value.size
		if v.Key != nil && v.Key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		if before, twice := first[key]; twice {
			c.fault(place, KeyPath(path, key), "the key is defined twice (first at %s)", before)
			continue
		}
		first[key] = place
		out.Entries = append(out.Entries, Entry{Key: key, Place: place, Value: value})
	}
	for _, m := range merged {
		c.merge(out, m, path, first)
	}
}

// merge applies `<<: *anchor` and `<<: [*a, *b]`: keys written out win, then
// the earlier anchor.
func (c *converter) merge(out, m *Node, path string, have map[string]Place) {
	switch m.Kind {
	case Map:
		for _, e := range m.Entries {
			if _, ok := have[e.Key]; !ok {
				have[e.Key] = e.Place
				out.Entries = append(out.Entries, e)
			}
		}
	case List:
		for _, item := range m.Items {
			if item.Kind == Map {
				c.merge(out, item, path, have)
			} else {
				c.fault(item.Place, path, "<< needs mappings (got %s)", item.Kind)
			}
		}
	case Scalar:
		c.fault(m.Place, path, "<< needs a mapping (got %s)", m.Kind)
	}
}

func (c *converter) key(k ast.MapKeyNode) (string, Place) {
	if k == nil {
		return "", Place{File: c.file, Line: 1, Col: 1}
	}
	place := c.place(k)
	var n ast.Node = k
	if mk, ok := k.(*ast.MappingKeyNode); ok && mk.Value != nil {
		n, place = mk.Value, c.place(mk.Value)
	}
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value, place
	}
	if _, ok := n.(ast.ScalarNode); !ok {
		c.fault(place, "", "a key must be a single word (got %s)", n.Type())
		return "", place
	}
	if n.GetToken() == nil {
		return "", place
	}
	return n.GetToken().Value, place
}
