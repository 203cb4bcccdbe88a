// Package systemd starts, stops, restarts or reloads a unit by systemctl.
//
// Sources: systemctl(1) (verbs, exit codes), org.freedesktop.systemd1(5) (the
// properties LoadState, ActiveState, SubState, Result, InvocationID, Job),
// systemd.unit(5) (names of units), systemd.exec(5) (INVOCATION_ID: a new one for
// each start, by which we know that a restart took place).
//
// systemctl's exit code says that the job was done, not that the service lives:
// a Type=simple service that dies at once was started with 0. So a started unit
// must still be active after settle.
//
// Rights needed: root, or a polkit rule that allows
// org.freedesktop.systemd1.manage-units for the unit to the user.
package systemd
