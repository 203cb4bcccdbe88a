package watchdog

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Device is an open watchdog: any Write restarts its clock.
type Device interface {
	Write(b []byte) (int, error)
	Close() error
}

// Opener opens a device and sets its time. From then on its clock runs.
type Opener func(path string, timeout time.Duration) (Device, error)

// device is the kernel's. It is no os.File: that one is closed when the garbage
// collector finds it, and closing is an act here.
type device struct{ fd int }

func (d device) Write(b []byte) (int, error) {
	for {
		n, err := unix.Write(d.fd, b)
		if err != unix.EINTR {
			return n, err
		}
	}
}

func (d device) Close() error { return unix.Close(d.fd) }

// errNoWatchdog says that a file is something else.
var errNoWatchdog = errors.New("it is no watchdog device")

// openDevice is the Opener of real devices.
func openDevice(path string, timeout time.Duration) (Device, error) {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EBUSY) {
		return nil, fmt.Errorf("open watchdog %s: %w (another program has it: systemd's RuntimeWatchdogSec, or the package watchdog)", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open watchdog %s: %w", path, err)
	}
	d := device{fd}
	if err := d.set(timeout); errors.Is(err, errNoWatchdog) {
		return nil, errors.Join(fmt.Errorf("watchdog %s: %w", path, err), d.Close())
	} else if err != nil {
		return nil, errors.Join(fmt.Errorf("watchdog %s: %w", path, err), disarm(d))
	}
	return d, nil
}

// set gives the device its time; one that has a fixed time must have enough.
func (d device) set(timeout time.Duration) error {
	info, err := unix.IoctlGetWatchdogInfo(d.fd)
	if err != nil {
		return fmt.Errorf("%w (%w)", errNoWatchdog, err)
	}
	if info.Options&unix.WDIOF_MAGICCLOSE == 0 {
		return errors.New("its driver has no magic close: any end of this process, a crash too, would stop it; load the driver with nowayout=1, or use softdog")
	}
	if info.Options&unix.WDIOF_SETTIMEOUT != 0 {
		if err := unix.IoctlSetPointerInt(d.fd, unix.WDIOC_SETTIMEOUT, int(timeout/time.Second)); err != nil {
			return fmt.Errorf("set its time to %s: %w", timeout, err)
		}
	}
	got, err := unix.IoctlGetInt(d.fd, unix.WDIOC_GETTIMEOUT)
	if err != nil {
		return fmt.Errorf("read its time: %w", err)
	}
	if has := time.Duration(got) * time.Second; has < timeout {
		return fmt.Errorf("its time is %s and cannot be changed; configure timeout: %s or less", has, has)
	}
	return nil
}

// magic is what stops a watchdog when it is the last thing written before Close.
const magic = "V"

// disarm stops a device.
func disarm(d Device) error {
	_, err := d.Write([]byte(magic))
	if err := errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("stop watchdog: %w", err)
	}
	return nil
}
