package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], ".", os.Stdout, os.Stderr))
}

// run is the command without the process; root is the top of the source tree.
func run(ctx context.Context, args []string, root string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("docgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	check := flags.Bool("check", false, "write nothing; exit 1 when a document is not current")
	pictures := flags.Bool("pictures", true, "take the pictures of the pages, too (chromium, npm ci in dashboards/web)")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	stale, err := staleDocuments(root)
	if err == nil && *check {
		return report(stale, stderr)
	}
	if err == nil {
		err = writeAll(root, stale, stdout)
	}
	if err == nil && *pictures {
		err = takePictures(ctx, root, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "docgen:", err)
		return 1
	}
	return 0
}

// report says which documents are not current.
func report(stale map[string]string, stderr io.Writer) int {
	for _, path := range paths(stale) {
		fmt.Fprintf(stderr, "%s is not current: make docs\n", path)
	}
	return min(len(stale), 1)
}

func paths(files map[string]string) []string {
	var all []string
	for path := range files {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

func writeAll(root string, files map[string]string, stdout io.Writer) error {
	for _, path := range paths(files) {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, []byte(files[path]), 0o644); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "wrote", path)
	}
	return nil
}
