package procfs

// Value is one line of a file of names and numbers.
type Value struct {
	Key   string
	Value uint64
	KB    bool // the kernel wrote " kB" behind it, meaning 1024 bytes
}

// Values are the lines of a file of names and numbers, in its order.
type Values struct {
	Fields []Value // reused by the next parse
}

// Get returns the number of a key; ok is false when the file has no such line.
func (v *Values) Get(key string) (n uint64, ok bool) {
	for i := range v.Fields {
		if v.Fields[i].Key == key {
			return v.Fields[i].Value, true
		}
	}
	return 0, false
}

// parse reads lines of a key, blanks and a number; colon is cut off the key.
func (v *Values) parse(b []byte, colon bool) {
	fields := v.Fields[:0]
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		key, rest := cutField(line)
		if colon {
			if len(key) < 2 || key[len(key)-1] != ':' {
				continue
			}
			key = key[:len(key)-1]
		}
		n, rest, ok := cutUint(rest)
		if !ok || len(key) == 0 {
			continue
		}
		fields = extend(fields)
		f := &fields[len(fields)-1]
		f.Key = intern(f.Key, key)
		f.Value = n
		unit, _ := cutField(rest)
		f.KB = string(unit) == "kB"
	}
	v.Fields = fields
}
