// Package trusted says whether a program may be started with our rights: nobody
// but root and the user of this process can change it, put another one in its
// place, or redirect a link on the way to it.
//
// The rule is that of sshd(8) for AuthorizedKeysCommand, and of cron(8) for
// crontabs: the file and every folder above it belong to root or to us, and are
// writable by nobody else. A folder with the sticky bit, such as /tmp, passes:
// there nobody can replace what belongs to somebody else (chmod(2), S_ISVTX).
package trusted
