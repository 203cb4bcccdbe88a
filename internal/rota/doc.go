// Package rota says who is on call: layers of rotations, a later one before an
// earlier one, and overrides before all of them. It is pure: names in, a name
// out.
//
// Turns follow the clock on the wall: a weekly turn that begins on Monday at
// 09:00 does so on both sides of a change of daylight saving time.
package rota
