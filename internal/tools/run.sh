#!/usr/bin/env bash
# `make run`: a server and one probe on this machine, by the same way as on any
# other: token, enrolment, mutual TLS. Ctrl-C stops both.
set -u
cd "$(dirname "$0")/../.."

data=./var
probe_dir=$data/probe
host=$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)
mkdir -p "$data"

bin/monitord run --data "$data" "$@" &
server=$!
probe=

stop() {
  trap '' INT TERM
  [ -n "$probe" ] && kill -TERM "$probe" 2>/dev/null && wait "$probe"
  kill -TERM "$server" 2>/dev/null && wait "$server"
  exit "${1:-0}"
}
trap 'stop 0' INT TERM

# The server writes where it listens once it does; it says itself what is wrong
# when it cannot start.
until [ -S "$data/control.sock" ] && bin/monitord status --data "$data" >/dev/null 2>&1; do
  kill -0 "$server" 2>/dev/null || { wait "$server"; exit $?; }
  sleep 0.1
done

if ! bin/monitord probe list --data "$data" | grep -qxF "$host" || [ ! -f "$probe_dir/probe.yaml" ]; then
  url=$(bin/monitord status --data "$data" --probes-url)
  bin/monitord probe add --data "$data" --token-only "$host" |
    bin/probe enroll --server "$url" --token-file - --dir "$probe_dir" >/dev/null || stop 1
fi
bin/probe run --config "$probe_dir/probe.yaml" &
probe=$!
bin/monitord login --data "$data" --hint "$host" || stop 1

wait -n "$server" "$probe"
stop $?
