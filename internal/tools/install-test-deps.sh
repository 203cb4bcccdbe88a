#!/usr/bin/env bash
# Installs the programs that the tests run beside ours. Called by `make test`.
# Debian packages are only unpacked: a temporary policy-rc.d keeps every daemon
# from being started, and is taken away again.
set -eu

packages="gcc libc6-dev nginx-light postfix sysstat chromium rrdtool fping iproute2 iputils-ping procps
  fonts-ipafont-gothic fonts-noto-cjk fonts-liberation prometheus prometheus-node-exporter
  monitoring-plugins-basic monitoring-plugins-standard libradcli4 openssl
  bind9 bind9-dnsutils dovecot-imapd dovecot-pop3d vsftpd inn2 slapd ldap-utils openssh-server chrony
  freeradius mariadb-server postgresql sip-tester baresip-core espeak-ng
  keepalived pacemaker-cli-utils resource-agents cluster-glue fence-agents ipvsadm systemd
  lsb-base util-linux linux-libc-dev rsyslog rsyslog-gnutls cmark swatch logrotate zstd snmp snmpd libsnmp-base"
# Stories only: a cluster of two nodes, a machine whose watchdog may bite.
[ "${1:-}" = stories ] && packages="$packages sec heartbeat qemu-system-x86 busybox-static linux-image-cloud-amd64"

missing=""
for p in $packages; do
  dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
  echo "The tests need Debian packages that are not installed. As root, run:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# inn2 cannot be configured on a machine whose name has no domain; the tests
# bring their own configuration.
# shellcheck disable=SC2086
apt-get install -y --no-install-recommends $missing || {
  [ -f /etc/news/inn.conf ] && sed -i -E 's/^#?domain:.*/domain: localdomain.example/' /etc/news/inn.conf
  dpkg --configure -a
  apt-get install -y --no-install-recommends $missing
}
