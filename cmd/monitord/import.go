package main

// importCmd reads what other programs are configured with.
type importCmd struct {
	MRTG importMRTGCmd `cmd:"" name:"mrtg" help:"Write the targets of mrtg.cfg as hosts of our own."`
}
