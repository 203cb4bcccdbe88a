// Package schedule runs checks at their time: spread evenly, never overlapping
// themselves, each with its time-out, bounded over all and per host.
//
// A job's regular starts lie at a phase of its interval that is a hash of host
// and check, so that they are spread and stay where they are over restarts and
// reloads. A new job also runs once within the first seconds (FirstWithin;
// longer where there are thousands), so that a state is known soon. While its
// state is soft (the Sink says so) it runs again after its retry interval
// instead; such re-checks, and "check now", go before all regular starts that
// wait.
//
// One dispatcher keeps a heap of due times; a fixed number of workers run the
// checks and hand each Run to the Sink. The package is used by the server and
// by the probe; Stats is all it tells about itself.
package schedule
