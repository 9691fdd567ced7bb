//go:build !linux

package process

const kernelKills = false

func runs(int) bool { return false }
