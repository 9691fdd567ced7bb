package deadman

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

// Switch is a timer that sends this process SIGKILL when it runs out. It also
// counts the time in which the machine is asleep. The one who made it closes it.
type Switch struct{ id int32 }

const (
	clockBoottime = 7 // linux/time.h: monotonic, and goes on while the machine sleeps
	sigevSignal   = 0 // asm-generic/siginfo.h: tell by a signal
)

// sigevent is the kernel's struct of this name, 64 bytes at most on every port.
type sigevent struct {
	value  uintptr
	signo  int32
	notify int32
	_      [52]byte
}

type itimerspec struct{ interval, value syscall.Timespec }

// New makes a switch that is not armed.
func New() (*Switch, error) {
	s, event := &Switch{}, sigevent{signo: int32(syscall.SIGKILL), notify: sigevSignal}
	_, _, errno := syscall.RawSyscall(syscall.SYS_TIMER_CREATE, clockBoottime, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&s.id)))
	if errno != 0 {
		return nil, fmt.Errorf("make a timer that kills a suspended process: %w", errno)
	}
	return s, nil
}

// Arm has the process killed after d, unless Arm or Disarm is called before. What
// is left of an earlier time is forgotten. A d of zero or less kills at once.
func (s *Switch) Arm(d time.Duration) error {
	return s.set(itimerspec{value: syscall.NsecToTimespec(max(d, 1).Nanoseconds())})
}

// Disarm lets the process live however long it sleeps.
func (s *Switch) Disarm() error { return s.set(itimerspec{}) }

// Close disarms the switch and gives the timer back.
func (s *Switch) Close() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_TIMER_DELETE, uintptr(s.id), 0, 0) // fails only for an unknown timer
}

func (s *Switch) set(spec itimerspec) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_TIMER_SETTIME, uintptr(s.id), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("set the timer that kills a suspended process: %w", errno)
	}
	return nil
}
