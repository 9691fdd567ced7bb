package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/plugins/author"
)

func newPluginInit() *cobra.Command {
	var s author.Scaffold
	cmd := &cobra.Command{
		Use:   "init --lang LANGUAGE DIR",
		Short: "Write the folder of a new check that works",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if s.SDK != "" {
				if s.SDK, err = filepath.Abs(s.SDK); err != nil {
					return err
				}
			}
			if err := s.Write(args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), nextSteps(s, args[0]))
			return err
		},
	}
	cmd.Flags().StringVar(&s.Language, "lang", "", "one of "+strings.Join(author.Languages(), ", "))
	cmd.Flags().StringVar(&s.Name, "name", "acme.hello", "name of the module, with your prefix")
	cmd.Flags().StringVar(&s.SDK, "sdk", "", "`folder` with a copy of revsync's sources, instead of the published ones")
	_ = cmd.MarkFlagRequired("lang") // fails only for a flag that is not there
	return cmd
}

// nextSteps are the commands that make a plugin of a new folder, to be copied into a shell.
func nextSteps(s author.Scaffold, dir string) string {
	text := dir + "\n"
	if s.SDK == "" && (s.Language == "go" || s.Language == "rust") {
		text += "build.sh fetches the SDK from github.com/revsync/revsync; where it cannot be had, begin anew with --sdk FOLDER, a copy of revsync's sources\n"
	}
	text += "next:\n"
	word, build := shellWord(dir), filepath.Join(dir, "build.sh")
	if !strings.ContainsRune(build, filepath.Separator) {
		build = "./" + build // a shell looks for a bare name elsewhere
	}
	if s.Language == "assemblyscript" {
		text += "  npm install --prefix " + word + "\n"
	}
	return text + fmt.Sprintf("  %s\n  revsync plugin pin %s\n  revsync plugin test %s\n", shellWord(build), word, word)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./+:=@%,-]+$`)

// shellWord quotes what a shell would not take for one word.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
