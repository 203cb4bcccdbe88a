// Package qemutest boots Debian's kernel in a virtual machine with a few files
// of a test, for what cannot be done to the machine that tests run on: being
// reset.
//
// It emulates (TCG) and so needs no /dev/kvm: one runs wherever qemu does, and
// boots within some seconds. It needs Debian's qemu-system-x86, busybox-static and
// a kernel with its modules, such as linux-image-cloud-amd64; KERNEL_ROOT names a
// folder into which such a package was unpacked (dpkg-deb -x), when it is not
// installed.
package qemutest
