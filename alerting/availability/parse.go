package availability

import (
	"fmt"

	"monitord/checks"
	"monitord/internal/config"
)

// The bounds of one tree. maxRepeated bounds the work of Node.Chance, which
// doubles with each service that stands in several places.
const (
	maxDepth    = 12
	maxNodes    = 1000
	maxRepeated = 8
)

// groupConfig is a node that is no service.
type groupConfig struct {
	Series   []*config.Node `yaml:"series"`
	Parallel []*config.Node `yaml:"parallel"`
	Need     *int           `yaml:"need"`
	Of       []*config.Node `yaml:"of"`
}

// parser reads one tree and gathers every fault.
type parser struct {
	faults config.Faults
	nodes  int
}

func (p *parser) fault(place config.Place, path, format string, args ...any) {
	p.faults = append(p.faults, config.PlacedFault{Place: place, Path: path, Problem: fmt.Sprintf(format, args...)})
}

// parseTree reads a tree; path is where it stands, from the root.
func parseTree(n *config.Node, path string) (*Node, config.Faults) {
	p := &parser{}
	root := p.node(n, path, 1)
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	if twice := root.repeated(); len(twice) > maxRepeated {
		p.fault(root.place, path, "too many services stand in several places (got %d; want at most %d, or put them once, above the rest)", len(twice), maxRepeated)
		return nil, p.faults
	}
	return root, nil
}

// node reads a node; nil after a fault. Aliases make a small file a large
// tree, so nodes are counted before anything is made of them.
func (p *parser) node(n *config.Node, path string, depth int) *Node {
	if p.nodes++; p.nodes > maxNodes {
		if p.nodes == maxNodes+1 && n != nil {
			p.fault(n.Place, path, "the tree is too large (want at most %d members)", maxNodes)
		}
		return nil
	}
	switch {
	case n == nil || n.Kind == config.Null:
		var place config.Place
		if n != nil {
			place = n.Place
		}
		p.fault(place, path, "is empty (want a service, or a mapping with series, parallel, or need and of)")
	case depth > maxDepth:
		p.fault(n.Place, path, "is nested too deep (want at most %d levels)", maxDepth)
	case n.Kind == config.Scalar:
		return p.leaf(n, path)
	case n.Kind == config.Map:
		return p.group(n, path, depth)
	default:
		p.fault(n.Place, path, "wrong type (got a list; want a service, or a mapping with series, parallel, or need and of)")
	}
	return nil
}

func (p *parser) leaf(n *config.Node, path string) *Node {
	s, err := checks.ParseService(n.Text)
	if err != nil {
		p.fault(n.Place, path, "not a service (got %q; want host/check or host/check[item])", n.Text)
		return nil
	}
	return &Node{Kind: Leaf, Service: s, place: n.Place, path: path}
}

func (p *parser) group(n *config.Node, path string, depth int) *Node {
	var c groupConfig
	if err := config.Decode(n, path, &c); err != nil {
		p.faults = append(p.faults, config.AllFaults(err, path)...)
		return nil
	}
	out := &Node{place: n.Place, path: path}
	var list []*config.Node
	key, kinds := "", 0
	for _, one := range []struct {
		key  string
		kind Kind
		list []*config.Node
	}{{"series", Series, c.Series}, {"parallel", Parallel, c.Parallel}, {"of", Needed, c.Of}} {
		if one.list != nil {
			kinds++
			key, out.Kind, list = one.key, one.kind, one.list
		}
	}
	if kinds != 1 || (c.Need != nil) != (out.Kind == Needed) {
		p.fault(n.Place, path, "not a part of a tree (want exactly one of series, parallel, or need together with of)")
		return nil
	}
	if len(list) == 0 {
		p.fault(n.Get(key).Place, config.JoinPath(path, key), "has no members (want at least one)")
		return nil
	}
	switch out.Kind {
	case Series:
		out.Need = len(list)
	case Parallel:
		out.Need = 1
	default:
		out.Need = *c.Need
		if out.Need < 1 || out.Need > len(list) {
			p.fault(n.Get("need").Place, config.JoinPath(path, "need"), "out of range (got %d; want 1 to %d, the number of members)", out.Need, len(list))
		}
	}
	p.members(out, list, config.JoinPath(path, key), depth)
	return out
}

func (p *parser) members(out *Node, list []*config.Node, path string, depth int) {
	seen := map[checks.Service]bool{}
	for i, one := range list {
		m := p.node(one, config.IndexPath(path, i), depth+1)
		if m == nil {
			continue
		}
		if m.Kind == Leaf {
			if seen[m.Service] {
				p.fault(m.place, m.path, "%s stands here twice: it cannot back itself up", m.Service)
			}
			seen[m.Service] = true
		}
		out.Of = append(out.Of, m)
	}
}
