package meta

import (
	"fmt"
	"os"
	"strings"
)

// machineID names the running kernel and the PID namespace: within both, a
// process number means the same process to everybody.
func machineID() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + ns
}

// birthOf is the start time of a process in clock ticks since boot (field 22 of
// /proc/PID/stat), "none" when there is no such process or only its remains.
func birthOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if os.IsNotExist(err) {
		return "none"
	}
	if err != nil {
		return ""
	}
	_, rest, ok := strings.Cut(string(stat), ") ") // the name in parentheses may hold spaces
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return ""
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "none"
	}
	return fields[19]
}
