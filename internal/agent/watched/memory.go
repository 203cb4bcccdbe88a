package watched

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"strconv"

	"monitord/internal/agent"
	"monitord/internal/atomicfile"
)

// compactBytes is how much the memory file grows beyond what is in force before
// it is written anew.
const compactBytes = 1 << 20

// record is one line of the memory file.
type record struct {
	// Kept replaces what had that name; an empty value forgets it.
	Kept map[string]string `json:"kept,omitempty"`
	// Events are what is posted next, with numbers from First on in the numbering
	// of that boot ID.
	Events []agent.Event `json:"events,omitempty"`
	Boot   string        `json:"boot,omitempty"`
	First  uint64        `json:"first,omitempty"`
}

// memory is a file of records: each a CRC-32 in hexadecimal, a space, JSON, and a
// line end. One that is torn ends it.
type memory struct {
	path string
	file *os.File
	size int64 // whole records
	live int64 // of it, about what is in force
	kept map[string]string
	last record // the last one with events
}

// openMemory reads what is there.
func openMemory(path string) (*memory, error) {
	m := &memory{path: path, kept: map[string]string{}}
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("memory of logs: %w", err)
	}
	m.size = int64(m.replay(raw))
	if m.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("memory of logs: %w", err)
	}
	if err := m.file.Truncate(m.size); err != nil {
		return nil, errors.Join(fmt.Errorf("memory of logs: %w", err), m.file.Close())
	}
	return m, nil
}

// replay applies records and returns the length of those that are whole.
func (m *memory) replay(raw []byte) int {
	whole := 0
	for {
		line, _, found := bytes.Cut(raw[whole:], []byte{'\n'})
		r, err := parseRecord(line)
		if !found || err != nil {
			return whole
		}
		m.apply(r)
		whole += len(line) + 1
	}
}

func (m *memory) apply(r record) {
	for name, value := range r.Kept {
		if value == "" {
			delete(m.kept, name)
		} else {
			m.kept[name] = value
		}
	}
	if len(r.Events) > 0 {
		m.last = r
	}
}

var errRecord = errors.New("is no record")

func parseRecord(line []byte) (record, error) {
	var r record
	sum, body, found := bytes.Cut(line, []byte{' '})
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !found || err != nil || crc32.ChecksumIEEE(body) != uint32(want) {
		return r, errRecord
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return record{}, errRecord
	}
	return r, nil
}

func (r record) line() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("memory of logs: %w", err)
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(body), body), nil
}

// add writes a record, and syncs when that is wanted. After an error the file is
// as it was.
func (m *memory) add(r record, sync bool) error {
	line, err := r.line()
	if err != nil {
		return err
	}
	_, err = m.file.WriteAt(line, m.size)
	if err == nil && sync {
		err = m.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("memory of logs: %w", err), m.file.Truncate(m.size))
	}
	m.size += int64(len(line))
	m.apply(r)
	return nil
}

// full reports whether the file has become long.
func (m *memory) full() bool { return m.size >= m.live+compactBytes && m.size >= 2*m.live }

// compact writes what is in force anew when the file has become long. The events
// of the last record must be on disk elsewhere.
func (m *memory) compact() error {
	if !m.full() {
		return nil
	}
	line, err := record{Kept: maps.Clone(m.kept)}.line()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(m.path, line); err != nil {
		return fmt.Errorf("memory of logs: %w", err)
	}
	file, err := os.OpenFile(m.path, os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("memory of logs: %w", err)
	}
	old := m.file
	m.file, m.size, m.live, m.last = file, int64(len(line)), int64(len(line)), record{}
	return old.Close()
}

func (m *memory) close() error { return m.file.Close() }
