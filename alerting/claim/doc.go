// Package claim is what a person may do with the token of a message: see one
// incident, take it in their own name, and give it back. The page behind a
// signed link and the door for replies by mail ask here, so that both have one
// set of rules:
//
//   - A token counts for seven days from the moment its message was due.
//   - It counts only while the configuration still has its contact with the
//     channel and address that the message went to: who left, or lost a phone,
//     is out with a reload.
//   - It is about one incident. When that is over, the token takes nothing, also
//     when the same service has another problem since.
//   - Who has an incident keeps it: a second taker is told who has it.
//   - What is taken is the incident's own service, the cause of its symptoms.
//   - It ends like every acknowledgement: at the recovery, at its end, and when
//     the state gets worse.
//
// A token is no premise of an action: it only ends telling.
package claim
