package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/revsync/revsync/plugins/author"
)

const (
	transcriptFolder = "transcripts"
	recordFlag       = "record"
)

// recording says what is recorded, and as what.
type recording struct {
	request requestFlags
	uris    []string
	name    string
}

// check refuses flags that would do nothing.
func (r *recording) check(fs *pflag.FlagSet) error {
	for _, name := range []string{"as", "request", "component"} {
		if len(r.uris) == 0 && fs.Changed(name) {
			return fmt.Errorf("--%s says what is recorded: give --%s URI as well", name, recordFlag)
		}
	}
	return nil
}

func newPluginTest() *cobra.Command {
	var r recording
	var callHooks bool
	cmd := &cobra.Command{
		Use:   "test DIR [--callHooks] [--record URI [--record URI] [--request FILE] [--as NAME]]",
		Short: "Run the conformance suite over a plugin, and replay or record what clusters told it",
		Long: `Run the conformance suite over a plugin in the sandbox that the server uses, then
replay the folder's transcripts without a cluster. With --record one component is
evaluated against a live cluster instead, and what it was told, facts and answers, is
written, without secrets, to transcripts/NAME.json. Look through it before you pass it on.

A hook acts, also in a dry run of this suite, so that none is called without
--` + callHooksFlag + `: then each is, several times, with requests that say dryRun.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := r.check(cmd.Flags()); err != nil {
				return err
			}
			p, err := openPlugin(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer closePlugin(cmd.Context(), p, &err)
			if p.Manifest == nil {
				return fmt.Errorf("%s is not the folder of a plugin", args[0])
			}
			if err := conform(cmd, p, args[0], callHooks); err != nil {
				return err
			}
			if len(r.uris) > 0 {
				return r.record(cmd.Context(), p, args[0], cmd.OutOrStdout())
			}
			return replayAll(cmd.Context(), p, args[0], cmd.OutOrStdout())
		},
	}
	r.request.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&r.uris, recordFlag, nil, "connection `string` of the source; a second one is the destination's")
	cmd.Flags().BoolVar(&callHooks, callHooksFlag, false, "evaluate hooks too, which may act")
	cmd.Flags().StringVar(&r.name, "as", "recorded", "`name` of the transcript")
	return cmd
}

// record evaluates the component against the clusters and writes the transcript.
func (r *recording) record(ctx context.Context, p *author.Plugin, dir string, out io.Writer) error {
	req, err := r.request.read()
	if err != nil {
		return err
	}
	live, err := connectLive(recordFlag, r.uris)
	if err != nil {
		return err
	}
	defer live.close()
	if req, err = completed(ctx, p, req, live); err != nil {
		return err
	}
	// A hook must not act because somebody records it.
	req.DryRun = true
	t, report, err := p.Record(ctx, req, live.commander())
	if err != nil {
		_ = showFindings(out, report) // shown for the reason; that nothing was recorded is the error
		return err
	}
	if err := writeTranscript(filepath.Join(dir, transcriptFolder, filepath.Base(r.name)+".json"), t); err != nil {
		return err
	}
	return showFindings(out, report)
}

func replayAll(ctx context.Context, p *author.Plugin, dir string, out io.Writer) error {
	files, err := filepath.Glob(filepath.Join(dir, transcriptFolder, "*.json"))
	if err != nil {
		return err
	}
	for _, f := range files {
		doc, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		var t author.Transcript
		if err := json.Unmarshal(doc, &t); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		if err := p.Replay(ctx, &t); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		_, _ = fmt.Fprintf(out, "%s: same\n", filepath.Base(f))
	}
	return nil
}

func writeTranscript(path string, t *author.Transcript) error {
	doc, err := t.Encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, doc, 0o644)
}
