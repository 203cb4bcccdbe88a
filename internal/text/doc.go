// Package text is the catalogue of every sentence that people read, in English
// and in Japanese.
//
// Code passes a Message (an ID and typed arguments) along; only who shows it to
// a person renders it, in that person's language. The catalogue lies in
// catalogue/*.yaml, one file an area, both languages beside each other under
// one ID. Tests keep it whole: each ID has both languages with the same
// placeholders, each ID used in code exists, each ID is used, and no sentence
// stands in code or templates outside of it.
package text
