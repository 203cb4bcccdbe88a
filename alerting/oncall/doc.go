// Package oncall says who is told when: it finds the escalation of a problem,
// follows its steps, and finds whom a step reaches at a moment, through teams,
// rotas, hours and channels. It is pure; the engine asks it, and so does the
// simulation, so that both say the same.
package oncall
