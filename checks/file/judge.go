package file

import (
	"bytes"
	"fmt"
	"io/fs"
	"strconv"

	"monitord/checks"
	"monitord/internal/text"
)

// finding is one judgement; the worst of them makes the result.
type finding struct {
	state   checks.State
	reason  checks.Reason
	summary text.Message
}

// judge makes the result: the worst finding, the first among equals.
func (c *Check) judge(files []seen) (checks.Result, error) {
	newest, oldest, size := span(files, c.now())
	age := newest
	if c.cfg.AgeOf == AgeOfOldest {
		age = oldest
	}
	path, count := text.Str("path", c.cfg.Path), text.Int("count", len(files))
	r := checks.Result{
		Summary: text.M("file.ok", path, count, text.Bytes("size", float64(size))),
		Perf: []checks.Perf{
			{Label: "files", Value: float64(len(files)), Warn: c.cfg.CountWarning.AsRange(), Crit: c.cfg.CountCritical.AsRange()},
			{Label: "size", Value: float64(size), Unit: checks.UnitBytes, Warn: c.cfg.SizeWarning.AsRange(), Crit: c.cfg.SizeCritical.AsRange()},
		},
	}
	findings := []finding{
		c.presence(files),
		{checks.Judge(float64(len(files)), c.cfg.CountWarning, c.cfg.CountCritical), checks.ReasonThreshold, text.M("file.count", path, count)},
	}
	if len(files) > 0 {
		r.Summary = text.M("file.aged", path, count, text.Bytes("size", float64(size)), text.Dur("age", age))
		r.Perf = append(r.Perf, checks.Perf{Label: "age", Value: age.Seconds(), Unit: checks.UnitSeconds, Warn: c.cfg.AgeWarning.AsRange(), Crit: c.cfg.AgeCritical.AsRange()})
		properties, err := c.properties(files)
		if err != nil {
			return checks.Result{}, err
		}
		findings = append(findings, properties, c.contents(files),
			finding{checks.Judge(age.Seconds(), c.cfg.AgeWarning, c.cfg.AgeCritical), checks.ReasonThreshold, text.M("file.age", path, text.Dur("age", age))},
			finding{checks.Judge(float64(size), c.cfg.SizeWarning, c.cfg.SizeCritical), checks.ReasonThreshold, text.M("file.size", path, text.Bytes("size", float64(size)))},
		)
	}
	for _, f := range findings {
		if f.state.Worse(r.State) {
			r.State, r.Reason, r.Summary = f.state, f.reason, f.summary
		}
	}
	return r, nil
}

func (c *Check) presence(files []seen) finding {
	switch {
	case c.cfg.Expect == ExpectPresent && len(files) == 0:
		return finding{checks.Critical, checks.ReasonStatus, text.M("file.none", text.Str("path", c.cfg.Path))}
	case c.cfg.Expect == ExpectAbsent && len(files) > 0:
		return finding{checks.Critical, checks.ReasonStatus, text.M("file.there", text.Str("path", files[0].path), text.Int("count", len(files)))}
	}
	return finding{}
}

// properties finds the first file of another kind, owner, group or mode.
func (c *Check) properties(files []seen) (finding, error) {
	uid, gid, mode := uint32(0), uint32(0), uint64(0)
	var err error
	if c.cfg.Owner != "" {
		if uid, err = owner(c.cfg.Owner); err != nil {
			return finding{}, err
		}
	}
	if c.cfg.Group != "" {
		if gid, err = group(c.cfg.Group); err != nil {
			return finding{}, err
		}
	}
	if c.cfg.Mode != "" {
		if mode, err = strconv.ParseUint(c.cfg.Mode, 8, 12); err != nil {
			return finding{}, err
		}
	}
	for _, f := range files {
		path := text.Str("path", f.path)
		bad := finding{state: checks.Critical, reason: checks.ReasonStatus}
		switch {
		case c.cfg.Kind == KindFile && !f.info.Mode().IsRegular(), c.cfg.Kind == KindDir && !f.info.IsDir():
			bad.summary = text.M("file.kind", path)
		case c.cfg.Owner != "" && f.uid != uid:
			bad.summary = text.M("file.owner", path, text.Str("owner", fmt.Sprint(f.uid)), text.Str("want", c.cfg.Owner))
		case c.cfg.Group != "" && f.gid != gid:
			bad.summary = text.M("file.group", path, text.Str("group", fmt.Sprint(f.gid)), text.Str("want", c.cfg.Group))
		case c.cfg.Mode != "" && modeBits(f.info.Mode()) != mode:
			bad.summary = text.M("file.mode", path, text.Str("mode", fmt.Sprintf("%04o", modeBits(f.info.Mode()))), text.Str("want", c.cfg.Mode))
		default:
			continue
		}
		return bad, nil
	}
	return finding{}, nil
}

// modeBits is a mode as chmod writes it.
func modeBits(m fs.FileMode) uint64 {
	bits := uint64(m.Perm())
	for i, b := range []fs.FileMode{fs.ModeSticky, fs.ModeSetgid, fs.ModeSetuid} {
		if m&b != 0 {
			bits |= 0o1000 << i
		}
	}
	return bits
}

// contents finds the first file with other content than wanted.
func (c *Check) contents(files []seen) finding {
	if !c.cfg.reads() {
		return finding{}
	}
	bad := finding{state: checks.Critical, reason: checks.ReasonContent}
	for i, f := range files {
		path := text.Str("path", f.path)
		switch {
		case !f.info.Mode().IsRegular() || i >= maxOpened:
			continue
		case c.cfg.Contains != "" && !bytes.Contains(f.content, []byte(c.cfg.Contains)):
			bad.summary = text.M("file.lacks", path, text.Str("want", c.cfg.Contains))
		case c.regexp != nil && !c.regexp.Match(f.content):
			bad.summary = text.M("file.lacks", path, text.Str("want", c.cfg.Regexp))
		case c.cfg.NotContains != "" && bytes.Contains(f.content, []byte(c.cfg.NotContains)):
			bad.summary = text.M("file.has", path, text.Str("unwanted", c.cfg.NotContains))
		default:
			continue
		}
		return bad
	}
	return finding{}
}
