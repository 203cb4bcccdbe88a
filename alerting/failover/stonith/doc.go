// Package stonith switches a machine off, or off and on, through a fence device,
// so that it surely holds nothing any more when another takes over.
//
// It follows two contracts. ClusterLabs' fence agents ("Fence Agent API",
// FenceAgentAPI.md of fence-agents 4.12): parameters as name=value lines on
// standard input; actions off, reboot, status, monitor; exit code 0 is success,
// and of status 0 is on and 2 is off. Cluster Glue 1.0's stonith(8): parameters
// in the environment (-E), -S asks the device, -l lists its hosts, -T off or
// reset HOST acts; exit codes of stonith/stonith.h. The latter serves the
// external/* plug-ins, whose contract is README.external of the same package.
// Nothing secret stands on a command line.
//
// A machine is fenced once. That a fence begins is on disk before it does; after
// it, whatever came of it, the same request, the same incident and, for a time,
// the same machine are refused. Only a fence that surely did not happen is
// forgotten. All fences are one resource of the guard: one at a time.
//
// An exit code is not believed alone. The device is asked for the power's state
// when it can be (fence agents, off), and when told so the victim must no longer
// answer. Whether a victim may be fenced at all (that it is unreachable from more
// than one place) is the guard's premise, not ours.
//
// There is no way back: a person looks at a fenced machine before it is switched
// on.
//
// Rights needed: what the agent needs; on most, none but the device's password.
package stonith
