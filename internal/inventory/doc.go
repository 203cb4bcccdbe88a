// Package inventory says what there is: hosts, what is asked of them, who is to
// be told. It turns configuration (hosts, groups, templates) into the effective
// inventory, an immutable value that every other room reads.
//
// Values come from, later ones winning: defaults, templates (of the groups, then
// of the host, as listed), groups (from the top down), host; mappings merge key
// by key, lists replace, null takes a check away, and a check of another type
// replaces the whole check. {{address}}, {{host}}, {{group}} (the first group as
// written) and variables are put in as they are, once.
//
// Hosts with a probe that name no template, themselves or by a group, get the
// embedded template linux (default.yaml); an operator's template of that name
// lies on top of it. Contacts without any escalation are all told at once.
package inventory
