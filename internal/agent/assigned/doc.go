// Package assigned runs the checks that the server assigned to this probe, and
// hands their outcomes to the agent.
//
// What the server assigns is outside input: a kind of check that this probe
// does not know, or options that it cannot read, become a check that answers
// UNKNOWN with a sentence saying why, at the check's own pace, so that the
// service shows it instead of being silent. Files that the options name as
// secrets must lie in the folder that the probe's owner set aside for them: the
// server does not get to read others.
package assigned
