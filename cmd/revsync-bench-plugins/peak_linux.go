package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// peakMB is the most memory that this process, or the one that it has started, has had resident.
func peakMB(child bool) (float64, error) {
	files := []string{"/proc/self/status"}
	if child {
		files, _ = filepath.Glob("/proc/[0-9]*/status")
	}
	parent := fmt.Sprintf("\nPPid:\t%d\n", os.Getpid())
	for _, file := range files {
		status, err := os.ReadFile(file)
		if err != nil || (child && !strings.Contains(string(status), parent)) {
			continue // processes come and go
		}
		for line := range strings.Lines(string(status)) {
			var kilobytes float64
			if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); err == nil {
				return kilobytes / 1024, nil
			}
		}
	}
	return 0, fmt.Errorf("no peak of memory in %d files", len(files))
}
