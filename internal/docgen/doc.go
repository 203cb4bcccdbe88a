// Command docgen keeps the documents true: `make docs`. It puts each plug-in's
// sample.yaml and testdata/example.yaml into its README, writes the index of
// checks docs/checks.md from the builtin list and the catalogue, and takes the
// pictures docs/images/*.png of the pages with made-up data in chromium.
//
// With -check it writes nothing and exits 1 when a document is not current; a
// test does the same.
package main
