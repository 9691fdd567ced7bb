package cases

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Case is one file.
type Case struct {
	Name     string            // of the file, without its ending
	Stake    string            // the first comment line: what goes wrong elsewhere
	Headers  map[string]string // "runs", "replay", "suspend", "oplog", "equal"
	Sections map[string][]Statement
}

// sections and headers are those that a file may have.
var (
	sections = []string{"before", "during", "after", "script"}
	headers  = []string{"runs", "replay", "suspend", "oplog", "equal"}
)

// Header is a header's value, or what holds without it.
func (c Case) Header(name, otherwise string) string {
	if v, ok := c.Headers[name]; ok {
		return v
	}
	return otherwise
}

// Runs are the runs of the case in their order.
func (c Case) Runs() []string {
	if _, scripted := c.Sections["script"]; scripted {
		return strings.Fields(c.Header("runs", "forward reverse"))
	}
	return strings.Fields(c.Header("runs", "copy reverse replay"))
}

// ddl is how commands begin that change the schema.
var ddl = regexp.MustCompile(`{(create|createIndexes|drop|dropIndexes|dropDatabase|collMod|renameCollection|convertToCapped|cloneCollectionAsCapped|aggregate): `)

// Replay is what the run replay repeats: "data", "ddl", or "no".
func (c Case) Replay() string {
	during := c.Sections["during"]
	otherwise := "data"
	if slices.ContainsFunc(during, func(s Statement) bool { return ddl.MatchString(s.Text) }) {
		otherwise = "ddl"
	}
	if len(during) == 0 {
		otherwise = "no"
	}
	return c.Header("replay", otherwise)
}

// Load reads all files of a folder that end in ".case", by name.
func Load(folder string) ([]Case, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.case"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	var all []Case
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		c, err := Parse(strings.TrimSuffix(filepath.Base(path), ".case"), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// Parse reads the text of one file. Statements are split into words, not
// understood.
func Parse(name, text string) (Case, error) {
	c := Case{Name: name, Headers: map[string]string{}, Sections: map[string][]Statement{}}
	section := ""
	for _, l := range joined(text) {
		err := c.add(&section, l)
		if err != nil {
			return c, fmt.Errorf("%s.case, line %d: %w", name, l.number, err)
		}
	}
	if c.Stake == "" {
		return c, fmt.Errorf("%s.case: the first line must be a comment that says what is at stake", name)
	}
	return c, nil
}

func (c *Case) add(section *string, l line) error {
	if comment, ok := strings.CutPrefix(l.text, "#"); ok {
		if c.Stake == "" {
			c.Stake = strings.TrimSpace(comment)
		}
		return nil
	}
	if name, ok := strings.CutPrefix(l.text, "-- "); ok {
		if !slices.Contains(sections, name) {
			return fmt.Errorf("unknown section %q", name)
		}
		*section = name
		c.Sections[name] = []Statement{}
		return nil
	}
	if *section == "" {
		return c.addHeader(l.text)
	}
	s, err := parseStatement(l)
	if err == nil {
		c.Sections[*section] = append(c.Sections[*section], s)
	}
	return err
}

func (c *Case) addHeader(text string) error {
	name, value, ok := strings.Cut(text, ":")
	if !ok || !slices.Contains(headers, name) {
		return fmt.Errorf("unknown header %q", text)
	}
	c.Headers[name] = strings.TrimSpace(value)
	return nil
}

type line struct {
	number int
	text   string
}

// joined are the lines that say something, with those that go on joined to the
// ones they belong to.
func joined(text string) (out []line) {
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		trimmed := strings.TrimSpace(lines.Text())
		switch {
		case trimmed == "":
		case trimmed != lines.Text() && len(out) > 0 && strings.TrimLeft(lines.Text(), " \t") != lines.Text():
			out[len(out)-1].text += " " + trimmed
		default:
			out = append(out, line{n, trimmed})
		}
	}
	return out
}
