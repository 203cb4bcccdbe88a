// Package logwatch follows the logs of a machine, takes lines that others send,
// runs rules on them, and hands on what they bring: states of services, entries
// for a journal, samples, actions. Server and probe both use it; neither knows
// what the other does with the outcome.
//
// Lines are judged in the order in which they come. What they bring is gathered
// in a Step, and given to the Sink together with everything that must be known
// after a restart (Step.Kept): positions of files, raised problems, what rules
// have counted. A Sink that keeps a step in one transaction has every line judged
// exactly once, whatever ends the program. Steps are group commits: while one is
// being kept the next one grows. A Sink that fails is asked again with the same
// step; nothing is read meanwhile, and nothing is dropped.
//
// Rules count and raise for each host apart. A host is known from its first line
// on; of many the one that has been silent longest is forgotten.
package logwatch
