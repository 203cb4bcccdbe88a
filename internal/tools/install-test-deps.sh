#!/usr/bin/env bash
# Installs the programs that the tests run beside ours. Called by `make test`.
# Debian packages are only unpacked: a temporary policy-rc.d keeps every daemon
# from being started, and is taken away again.
set -eu

packages="gcc libc6-dev nginx-light postfix sysstat chromium rrdtool fping iproute2 iputils-ping procps
  fonts-ipafont-gothic fonts-noto-cjk fonts-liberation monitoring-plugins-basic
  dovecot-imapd dovecot-pop3d vsftpd inn2 openssh-server prometheus prometheus-node-exporter"

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
# shellcheck disable=SC2086
apt-get install -y --no-install-recommends $missing
