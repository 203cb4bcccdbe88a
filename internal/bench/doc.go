// Package bench holds the benchmarks that need whole programs: ours, as built in
// bin/, beside the peers of Debian (prometheus, prometheus-node-exporter), in the
// same run and fed with the same bytes. It has no code besides tests. They measure
// the CPU time, user and system, that a program used, as the kernel counts it in
// /proc/PID/task/TID/schedstat; the sender's own time is not in it.
//
//	make bench ONLY=HTTP              remote write by real HTTP
//	make bench ONLY=HostCollection    a probe beside a scraped node_exporter
//	make bench ONLY=ManyServices      50,000 checks a minute; MINUTES=5 for longer
//	make bench ONLY=LogRules          rules for logs beside ripgrep, grep and swatchdog
//	make bench ONLY=LogFollow         200 logs that are written, and how soon a program is started
package bench
