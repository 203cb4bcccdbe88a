package udpsocket

import (
	"strings"
	"testing"
)

func TestKernelDropsAreReadByInode(t *testing.T) {
	const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  123: 0100007F:1589 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 42
garbage
  124: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 7
`
	if n, ok := readDrops(strings.NewReader(table), 4712); n != 7 || !ok {
		t.Errorf("%d, %v; want 7", n, ok)
	}
	if n, ok := readDrops(strings.NewReader(table), 1); n != 0 || ok {
		t.Errorf("%d, %v of a socket that is not there", n, ok)
	}
}
