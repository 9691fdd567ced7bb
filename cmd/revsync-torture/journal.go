package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// journal is a file with one line of JSON for each entry.
type journal struct {
	mu   sync.Mutex
	file *os.File
}

// journals opens the journals of one world and closes them at its end.
type journals struct {
	dir  string
	mu   sync.Mutex
	list []*journal
	err  error // the first one of all
}

// open makes a file; what goes wrong is told by close.
func (j *journals) open(name string) *journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	path := filepath.Join(j.dir, name+".jsonl")
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		var file *os.File
		if file, err = os.Create(path); err == nil {
			one := &journal{file: file}
			j.list = append(j.list, one)
			return one
		}
	}
	j.err = errors.Join(j.err, err)
	return &journal{}
}

func (j *journals) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.err
	for _, one := range j.list {
		err = errors.Join(err, one.file.Close())
	}
	return err
}

// Write implements io.Writer for one whole line.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return 0, os.ErrInvalid
	}
	return j.file.Write(line)
}

// add writes an entry.
func (j *journal) add(entry any) error {
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	_, err = j.Write(append(line, '\n'))
	return err
}
