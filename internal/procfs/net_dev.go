package procfs

import "bytes"

// NetDev is one interface of /proc/net/dev. Counters are since the interface
// was registered.
type NetDev struct {
	Name                                                string
	RxBytes, RxPackets, RxErrs, RxDrop, RxFifo, RxFrame uint64
	RxCompressed, RxMulticast                           uint64
	TxBytes, TxPackets, TxErrs, TxDrop, TxFifo, TxColls uint64
	TxCarrier, TxCompressed                             uint64
}

// ParseNetDev reads /proc/net/dev into devs, which it returns; names of the
// last call are reused. Old kernels put no blank between the colon and the
// first number. The name ends at the last colon before a number, so that an
// alias such as eth0:1 keeps its own.
func ParseNetDev(b []byte, devs []NetDev) []NetDev {
	devs = devs[:0]
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		colon := bytes.LastIndexByte(line, ':')
		if colon < 0 {
			continue
		}
		name, _ := cutField(line[:colon])
		var f [16]uint64
		if len(name) == 0 || cutUints(line[colon+1:], f[:]) < len(f) {
			continue
		}
		devs = extend(devs)
		d := &devs[len(devs)-1]
		d.Name = intern(d.Name, name)
		d.RxBytes, d.RxPackets, d.RxErrs, d.RxDrop = f[0], f[1], f[2], f[3]
		d.RxFifo, d.RxFrame, d.RxCompressed, d.RxMulticast = f[4], f[5], f[6], f[7]
		d.TxBytes, d.TxPackets, d.TxErrs, d.TxDrop = f[8], f[9], f[10], f[11]
		d.TxFifo, d.TxColls, d.TxCarrier, d.TxCompressed = f[12], f[13], f[14], f[15]
	}
	return devs
}
