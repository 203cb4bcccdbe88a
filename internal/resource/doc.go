// Package resource turns an init script or a systemd unit into what cluster
// managers call a resource: start, stop, status and monitor that do nothing when
// nothing is to be done, print `running` or `stopped`, and end with the right
// code.
//
// Sources: Linux Standard Base 5.0, Core Generic, 22.2 "Init Script Actions"
// (the codes of status: 0 running, 1 and 2 dead but a file is left, 3 not
// running, 4 unknown; of others 0, 1, 2 wrong arguments, 5 not installed);
// OCF Resource Agent API 1.1, 3.5 and 5 (monitor: 0 running, 7 not running, 1
// error); heartbeat 3.0.6, which looks for "running" or "OK" in what status
// prints (ResourceManager, we_own_resource).
//
// Only resources that a file of root names can be handled; nothing goes through
// a shell; each step has its deadline.
package resource
