package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/revsync/revsync/plugins/author"
	"github.com/revsync/revsync/sdk"
)

const clusterFlag = "cluster"

// requestFlags say what a component is asked.
type requestFlags struct {
	file, component string
}

func (r *requestFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&r.file, "request", "", "`file` with the request document, or a part of it")
	fs.StringVar(&r.component, "component", "", "the component (default: the request's, or the first)")
}

// read is the request, and whatever the file leaves out is left to the engine.
func (r *requestFlags) read() (req sdk.Request, err error) {
	if r.file != "" {
		doc, err := os.ReadFile(r.file)
		if err != nil {
			return req, err
		}
		if req, err = author.ReadRequest(doc); err != nil {
			return req, fmt.Errorf("%s: %w", r.file, err)
		}
	}
	if r.component != "" {
		req.Component = r.component
	}
	return req, nil
}

func newPluginRun() *cobra.Command {
	var request requestFlags
	var clusters []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "run FILE|DIR [--request FILE] [--cluster URI [--cluster URI]]",
		Short: "Evaluate one component and show what it finds; a hook acts",
		Long: `Evaluate one component as the server would, and show what it finds. A hook acts.
The facts that the component asks for come from the request and, where that says
nothing, from the clusters; looking at unique indexes can take minutes there.
A component that gives no answer ends this with 1, whatever its failurePolicy is.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			req, err := request.read()
			if err != nil {
				return err
			}
			live, err := connectLive(clusterFlag, clusters)
			if err != nil {
				return err
			}
			defer live.close()
			p, err := openPlugin(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer closePlugin(cmd.Context(), p, &err)
			if req, err = completed(cmd.Context(), p, req, live); err != nil {
				return err
			}
			report, err := p.Run(cmd.Context(), req, live.commander())
			if err != nil {
				return err
			}
			if !asJSON {
				return showFindings(cmd.OutOrStdout(), report)
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(report); err != nil {
				return err
			}
			return showFindings(cmd.ErrOrStderr(), report)
		},
	}
	request.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&clusters, clusterFlag, nil, "connection `string` of the source; a second one is the destination's")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the whole report as JSON")
	return cmd
}
