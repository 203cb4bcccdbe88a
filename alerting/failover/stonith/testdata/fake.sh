#!/bin/sh
# A fence device for tests. Its machines are files in $state_dir that hold on or
# off; what was done to them is in the file log there. By the name of fence_… it
# keeps the contract of fence agents, as stonith that of stonith(8). $mode makes it
# misbehave. It is a script because a test binary takes too long to start.
name=${0##*/}
action= plug=
if [ "$name" != stonith ]; then
	[ $# -eq 0 ] || exit 2 # with arguments, standard input is not read
	while IFS='=' read -r key value; do
		case $key in
		action) action=$value ;;
		plug) plug=$value ;;
		state_dir) state_dir=$value ;;
		mode) mode=$value ;;
		password) password=$value ;;
		esac
	done
fi

# act does something to a machine: act off|reboot|reset PLUG
act() {
	if [ "$mode" = nologin ]; then
		echo "Unable to connect/login to fencing device with $password" >&2
		exit 3
	fi
	echo "$1 $2" >>"$state_dir/log"
	case $mode in
	hang) exec sleep 3600 ;;
	slow) sleep 0.3 ;;
	fail) echo "Failed: Timed out waiting to power OFF" >&2; exit 1 ;;
	flood) head -c 1048576 /dev/zero | tr '\0' x ;;
	fork) sleep 3600 & ;;
	esac
	if [ "$mode" != lie ]; then
		case $1 in
		off) printf off >"$state_dir/$2" ;;
		*) printf on >"$state_dir/$2" ;;
		esac
	fi
	case $mode in
	hang-after) exec sleep 3600 ;;
	fail-after) exit 1 ;;
	esac
	echo "done with password $password"
	exit 0
}

case "$name $action" in
"stonith "*)
	[ "$1 $2 $3" = "-t external/fake -E" ] || exit 1
	case "$4" in
	-S) [ "$mode" != down ] || exit 2 ;;
	-l) for host in $hostlist; do echo "$host"; done ;;
	-T) act "$5" "$6" ;;
	*) exit 3 ;;
	esac
	exit 0
	;;
*" monitor") [ "$mode" != down ] ;;
*" status")
	[ "$mode" != down ] || exit 1
	if [ "$mode" = status-fails ] || [ ! -e "$state_dir/$plug" ]; then
		echo "Failed: no such plug; password $password" >&2
		exit 1
	fi
	read -r is <"$state_dir/$plug"
	[ "$is" != off ] || { echo "Status: OFF"; exit 2; }
	echo "Status: ON"
	;;
*" off" | *" reboot") act "$action" "$plug" ;;
*) exit 2 ;;
esac
