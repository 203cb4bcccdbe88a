package main

import (
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], ".", os.Stdout, os.Stderr)) }

// run is the command without the process; root is the top of the source tree.
func run(args []string, root string, stdout, stderr io.Writer) int {
	if len(args) != 2 || kinds[args[0]] == nil {
		fmt.Fprintln(stderr, "usage: skeleton check|collector|action NAME\nexample: make new-check NAME=foo")
		return 2
	}
	written, err := write(root, args[0], args[1])
	if err != nil {
		fmt.Fprintln(stderr, "skeleton:", err)
		return 1
	}
	for _, path := range written {
		fmt.Fprintln(stdout, "wrote", path)
	}
	fmt.Fprintf(stdout, "It is green: go test ./%s. Begin with %s.go.\n", kinds[args[0]].folder(args[1]), args[1])
	return 0
}
