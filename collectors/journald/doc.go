// Package journald follows the journal of systemd.
//
// It runs journalctl(1), which knows every version of the journal's files, and
// reads its export format: https://systemd.io/JOURNAL_EXPORT_FORMATS/. It goes on
// after the cursor that was acknowledged last.
package journald
