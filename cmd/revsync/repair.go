package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newRepair has no client of its own: its subcommands do.
func newRepair() *cobra.Command {
	cmd := &cobra.Command{Use: "repair", Short: "Put right what stands in the way of a reverse", Args: cobra.NoArgs}
	c := &client{}
	cmd.AddCommand(c.bind(newRepairIndexes(c)))
	return cmd
}

func newRepairIndexes(c *client) *cobra.Command {
	var cluster string
	var carryOut, inUse bool
	cmd := &cobra.Command{
		Use:   "unique-indexes --cluster cluster0|cluster1 [--yes [--while-in-use]]",
		Short: "Make unique indexes anew that hold keys of MongoDB 4.0 or older; without --yes only show which",
		RunE: func(cmd *cobra.Command, _ []string) error {
			body, err := json.Marshal(map[string]any{"cluster": cluster, "dryRun": !carryOut, "whileInUse": inUse})
			if err != nil {
				return err
			}
			a, err := c.repair(cmd.Context(), http.MethodPost, string(body))
			if err != nil {
				return err
			}
			return c.followRepair(cmd.Context(), cmd.OutOrStdout(), a)
		},
	}
	cmd.Flags().StringVar(&cluster, "cluster", "", "the cluster whose indexes are looked at")
	cmd.Flags().BoolVar(&carryOut, "yes", false, "carry it out, and wait for the end")
	cmd.Flags().BoolVar(&inUse, "while-in-use", false, "also while users write to the cluster")
	_ = cmd.MarkFlagRequired("cluster") // fails only for a flag that is not there
	return cmd
}

// repairView is the part of the reply that people are shown.
type repairView struct {
	DryRun  bool    `json:"dryRun"`
	Running bool    `json:"running"`
	InUse   *string `json:"inUse"`
	Done    int     `json:"done"`
	Failed  int     `json:"failed"`
	Total   int     `json:"total"`
	Error   *string `json:"error"`
	Indexes []struct {
		Namespace string  `json:"namespace"`
		Name      string  `json:"name"`
		Reason    string  `json:"reason"`
		State     string  `json:"state"`
		Step      *string `json:"step"`
		Error     *string `json:"error"`
	} `json:"indexes"`
}

// repairAnswer is a reply together with its repair.
type repairAnswer struct {
	answer
	view *repairView
}

func (c *client) repair(ctx context.Context, method, body string) (repairAnswer, error) {
	a, err := c.call(ctx, method, "repair/uniqueIndexes", body)
	if err != nil {
		return repairAnswer{}, err
	}
	if !*a.Success {
		return repairAnswer{answer: a}, a.refusal("repair")
	}
	var r struct {
		Repair *repairView `json:"repair"`
	}
	if err := json.Unmarshal(a.raw, &r); err != nil || r.Repair == nil {
		return repairAnswer{}, errors.New("the server's reply has no repair in it")
	}
	return repairAnswer{a, r.Repair}, nil
}

// repairLook is how often a repair under way is looked at.
const repairLook = time.Second

// followRepair prints the plan, and what becomes of it until the repair has ended.
func (c *client) followRepair(ctx context.Context, out io.Writer, a repairAnswer) error {
	look := time.NewTicker(repairLook)
	defer look.Stop()
	if !c.raw {
		_, _ = io.WriteString(out, a.view.text())
	}
	last := ""
	for a.view.Running {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the repair goes on by itself: %w", context.Cause(ctx))
		case <-look.C:
		}
		var err error
		if a, err = c.repair(ctx, http.MethodGet, ""); err != nil {
			return err
		}
		if now := a.view.now(); now != last && !c.raw {
			last = now
			_, _ = fmt.Fprintln(out, now)
		}
	}
	if c.raw {
		_, _ = out.Write(a.raw)
	}
	return a.view.verdict()
}

func (v *repairView) text() string {
	var b strings.Builder
	if v.Total == 0 {
		b.WriteString("no unique index needs to be made anew\n")
	}
	for _, ix := range v.Indexes {
		fmt.Fprintf(&b, "  %s of %s: %s\n", ix.Name, ix.Namespace, ix.Reason)
	}
	if v.InUse != nil && v.Total > 0 {
		fmt.Fprintf(&b, "mind: %s\n", *v.InUse)
	}
	if v.DryRun && v.Total > 0 {
		fmt.Fprintf(&b, "nothing was changed; carry it out with --yes\n")
	}
	return b.String()
}

// now is one line about what is being done.
func (v *repairView) now() string {
	line := fmt.Sprintf("%d of %d done", v.Done, v.Total)
	for _, ix := range v.Indexes {
		if ix.Step != nil {
			line += fmt.Sprintf(", %s: %s of %s", *ix.Step, ix.Name, ix.Namespace)
		}
	}
	return line
}

// verdict fails a script when indexes are left that are not known to be whole.
func (v *repairView) verdict() error {
	var failed []error
	for _, ix := range v.Indexes {
		if ix.Error != nil {
			failed = append(failed, fmt.Errorf("%s of %s: %s", ix.Name, ix.Namespace, *ix.Error))
		}
	}
	if v.Error != nil {
		failed = append(failed, errors.New(*v.Error))
	}
	return errors.Join(failed...)
}
