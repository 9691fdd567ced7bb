package cases

import (
	"fmt"
	"strings"
)

// Statement is one line of a section, split into words. A word is what stands
// between spaces; a document, an array or a quoted text is one word whatever is
// in it.
type Statement struct {
	Line  int
	Text  string
	Words []string
}

func parseStatement(l line) (Statement, error) {
	s := Statement{Line: l.number, Text: l.text}
	for rest := l.text; rest != ""; {
		n, err := wordEnd(rest)
		if err != nil {
			return s, err
		}
		s.Words = append(s.Words, rest[:n])
		rest = strings.TrimLeft(rest[n:], " \t")
	}
	return s, nil
}

// wordEnd is how long the word is that a text begins with.
func wordEnd(text string) (int, error) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case strings.IndexByte("{[(", c) >= 0:
			depth++
		case strings.IndexByte("}])", c) >= 0:
			depth--
		case depth == 0 && (c == ' ' || c == '\t'):
			return i, nil
		}
	}
	if depth != 0 || quoted {
		return 0, fmt.Errorf("a bracket or quote is not closed: %s", text)
	}
	return len(text), nil
}

// Verb is the first word.
func (s Statement) Verb() string { return s.Words[0] }

// Arg is a word after the verb, "" when there are not so many. A quoted text is
// without its quotes.
func (s Statement) Arg(n int) string {
	if n >= len(s.Words) {
		return ""
	}
	return unquoted(s.Words[n])
}

func unquoted(word string) string {
	if len(word) > 1 && word[0] == '"' && word[len(word)-1] == '"' {
		return strings.ReplaceAll(word[1:len(word)-1], `\"`, `"`)
	}
	return word
}

// Rest is the statement without its first n words.
func (s Statement) Rest(n int) Statement {
	s.Words = s.Words[min(n, len(s.Words)):]
	return s
}
