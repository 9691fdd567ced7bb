package plugins

import "path/filepath"

// ReadFile reads a file out of the folder of a plugin under the rules of Discover: neither the folder nor the file may be
// a link or writable for everybody. It is for tools that are to accept what the engine accepts, and no more.
func ReadFile(folder, name string) ([]byte, error) {
	if err := checkFolder(folder); err != nil {
		return nil, err
	}
	return readTrusted(filepath.Join(folder, name), maxModuleBytes)
}
