package logs

// builtinSample stands for a log where there is none yet: what daemons of Linux
// commonly write, so that common words are known to be common.
const builtinSample = `Nov  3 04:05:06 web1 systemd[1]: Started session-12.scope - Session 12 of User root.
Nov  3 04:05:07 web1 systemd[1]: logrotate.service: Deactivated successfully.
Nov  3 04:05:07 web1 sshd[1034]: Accepted publickey for root from 192.0.2.7 port 51234 ssh2: ED25519 SHA256:0f1e2d3c4b5a
Nov  3 04:05:09 web1 sshd[1034]: pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)
Nov  3 04:05:10 web1 CRON[1040]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)
Nov  3 04:05:11 web1 kernel: [12345.678901] eth0: renamed from veth0; link becomes ready
Nov  3 04:05:12 web1 postfix/smtpd[1100]: connect from mail.example.net[198.51.100.7]
Nov  3 04:05:12 web1 postfix/smtp[1101]: 4F2A1B: to=<user@example.com>, relay=mx.example.com[198.51.100.8]:25, delay=0.3, dsn=2.0.0, status=sent (250 2.0.0 OK)
Nov  3 04:05:13 web1 postfix/qmgr[900]: 4F2A1B: from=<noreply@example.com>, size=1203, nrcpt=1 (queue active)
Nov  3 04:05:14 web1 nginx: 192.0.2.9 - - [03/Nov/2026:04:05:14 +0000] "GET /index.html HTTP/1.1" 200 1234 "-" "Mozilla/5.0 (X11; Linux x86_64)"
Nov  3 04:05:15 web1 named[700]: client @0x7f 192.0.2.9#5353 (www.example.com): query: www.example.com IN A + (192.0.2.1)
Nov  3 04:05:16 web1 dhcpd[710]: DHCPACK on 192.0.2.100 to 52:54:00:12:34:56 via eth1
Nov  3 04:05:17 web1 app[1200]: INFO request_id=5f3a user=admin method=GET path=/api/v1/items status=200 duration=12ms bytes=5120
Nov  3 04:05:18 web1 app[1200]: ERROR request_id=5f3b failed to read response: connection reset, error=104
Nov  3 04:05:19 web1 mysqld[800]: 15 [Note] Aborted connection 15 to db: 'app' user: 'app' host: '192.0.2.10' (Got timeout reading communication packets)
Nov  3 04:05:20 web1 sudo: admin : TTY=pts/0 ; PWD=/home/admin ; USER=root ; COMMAND=/usr/bin/systemctl status nginx
Nov  3 04:05:21 web1 dovecot: imap-login: Login: user=<admin>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=1300, TLS
Nov  3 04:05:22 web1 ntpd[600]: warning: server 192.0.2.123 not reachable, time may be wrong, please check
`
