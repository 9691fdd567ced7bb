package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// startRequest is the body of a start request; the server checks it.
type startRequest struct {
	Source        string          `json:"source"`
	Destination   string          `json:"destination"`
	Reversible    bool            `json:"reversible,omitempty"`
	WriteBlocking string          `json:"enableUserWriteBlocking,omitempty"`
	BuildIndexes  string          `json:"buildIndexes,omitempty"`
	Include       json.RawMessage `json:"includeNamespaces,omitempty"`
	Exclude       json.RawMessage `json:"excludeNamespaces,omitempty"`
	acceptance
}

func newStart(c *client) *cobra.Command {
	var r startRequest
	var include, exclude, bodyFile string
	cmd := &cobra.Command{
		Use:     "start --source cluster0 --destination cluster1",
		Short:   "Start the sync: copy the source, then follow its changes",
		Example: "  revsync start --source cluster0 --destination cluster1 --reversible",
		RunE: func(cmd *cobra.Command, _ []string) error {
			body, err := r.request(cmd, bodyFile, include, exclude)
			if err != nil {
				return err
			}
			return c.post(cmd, "start", body, "start was accepted; follow it with: revsync progress --watch")
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Source, "source", "", "cluster to copy from: cluster0 or cluster1")
	f.StringVar(&r.Destination, "destination", "", "cluster to copy to: the other one")
	f.BoolVar(&r.Reversible, "reversible", false, "make it possible to reverse the direction after the commit")
	f.StringVar(&r.WriteBlocking, "enableUserWriteBlocking", "", "sourceAndDestination, destinationOnly or none (default destinationOnly; sourceAndDestination with --reversible)")
	f.StringVar(&r.BuildIndexes, "buildIndexes", "", "afterDataCopy, beforeDataCopy or never (default afterDataCopy)")
	f.StringVar(&include, "includeNamespaces", "", `namespaces to copy, as a JSON array: [{"database":"shop","collections":["orders"]}]`)
	f.StringVar(&exclude, "excludeNamespaces", "", "namespaces to leave out, as a JSON array")
	r.flag(f)
	f.StringVar(&bodyFile, "body", "", "`file` with the whole request as JSON, - for standard input; instead of all other flags")
	return cmd
}

// request is the body as JSON, from the flags or from a file.
func (r startRequest) request(cmd *cobra.Command, file, include, exclude string) (string, error) {
	if file != "" {
		return readBody(cmd, file)
	}
	if r.Source == "" || r.Destination == "" {
		return "", errors.New("start needs --source and --destination (cluster0 and cluster1, or the other way round), or --body")
	}
	for flag, text := range map[string]string{"includeNamespaces": include, "excludeNamespaces": exclude} {
		if text != "" && !json.Valid([]byte(text)) {
			return "", fmt.Errorf("--%s is not JSON; it takes an array like [{\"database\":\"shop\"}]", flag)
		}
	}
	r.Include, r.Exclude = json.RawMessage(include), json.RawMessage(exclude)
	text, err := json.Marshal(r)
	return string(text), err
}

func readBody(cmd *cobra.Command, file string) (string, error) {
	for _, flag := range []string{"source", "destination", "reversible", "enableUserWriteBlocking", "buildIndexes", "includeNamespaces", "excludeNamespaces", "accept"} {
		if cmd.Flags().Changed(flag) {
			return "", fmt.Errorf("--body holds the whole request; leave --%s out", flag)
		}
	}
	in := cmd.InOrStdin()
	if file != "-" {
		f, err := os.Open(file) //nolint:gosec // the operator names the file
		if err != nil {
			return "", fmt.Errorf("--body: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return "", fmt.Errorf("--body: %w", err)
	}
	return string(text), nil
}
