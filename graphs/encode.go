package graphs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zlib"
)

// encoder writes indexed PNGs (W3C PNG Specification, third edition). Package
// image/png can do it too; with this zlib it takes half the time, and encoding
// was half of a picture's cost.
type encoder struct {
	out  bytes.Buffer // the file
	data bytes.Buffer // its compressed pixels
	zip  *zlib.Writer
}

// encode writes r as a PNG of 8 bits a pixel. Rows are not filtered, as the
// specification advises for indexed colour (section 12.7), and compressed at the
// fastest level.
func (e *encoder) encode(w io.Writer, r *raster) error {
	e.out.Reset()
	e.data.Reset()
	if err := e.compress(r); err != nil {
		return fmt.Errorf("compress picture: %w", err)
	}
	e.out.WriteString("\x89PNG\r\n\x1a\n")
	var head [13]byte
	binary.BigEndian.PutUint32(head[0:], uint32(r.w))
	binary.BigEndian.PutUint32(head[4:], uint32(r.h))
	head[8], head[9] = 8, 3 // bits a sample; indexed colour
	e.chunk("IHDR", head[:])
	var palette [3 * 256]byte
	for i, c := range r.pal[:r.n] {
		copy(palette[3*i:], c[:])
	}
	e.chunk("PLTE", palette[:3*r.n])
	e.chunk("IDAT", e.data.Bytes())
	e.chunk("IEND", nil)
	if _, err := w.Write(e.out.Bytes()); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}

func (e *encoder) compress(r *raster) error {
	if e.zip == nil {
		zip, err := zlib.NewWriterLevel(&e.data, zlib.BestSpeed)
		if err != nil {
			return err
		}
		e.zip = zip
	} else {
		e.zip.Reset(&e.data)
	}
	var faults error
	unfiltered := [1]byte{0}
	for y := range r.h {
		_, err1 := e.zip.Write(unfiltered[:])
		_, err2 := e.zip.Write(r.pix[y*r.w : (y+1)*r.w])
		faults = errors.Join(faults, err1, err2)
	}
	return errors.Join(faults, e.zip.Close())
}

// chunk appends a chunk: length, type, data and checksum of the latter two.
func (e *encoder) chunk(kind string, data []byte) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(data)))
	e.out.Write(n[:])
	e.out.WriteString(kind)
	e.out.Write(data)
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(kind)), crc32.IEEETable, data)
	binary.BigEndian.PutUint32(n[:], sum)
	e.out.Write(n[:])
}
