package cases

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Document reads a document in the notation of the case files.
func Document(text string) (bson.D, error) {
	v, err := value(text)
	if err != nil {
		return nil, err
	}
	if d, ok := v.(bson.D); ok {
		return d, nil
	}
	return nil, fmt.Errorf("not a document: %s", text)
}

// Array reads an array in the notation of the case files.
func Array(text string) (bson.A, error) {
	v, err := value(text)
	if err != nil {
		return nil, err
	}
	if a, ok := v.(bson.A); ok {
		return a, nil
	}
	return nil, fmt.Errorf("not an array: %s", text)
}

// value reads any value. The driver reads documents only, so it is wrapped.
func value(text string) (any, error) {
	json, err := strict(text)
	if err != nil {
		return nil, err
	}
	var wrapped bson.D
	if err := bson.UnmarshalExtJSON([]byte(`{"v":`+json+`}`), false, &wrapped); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	return grown(wrapped[0].Value), nil
}

// strict turns the notation into Extended JSON.
func strict(text string) (string, error) {
	s := scanner{in: text}
	for s.at < len(s.in) {
		if err := s.step(); err != nil {
			return "", fmt.Errorf("%w in %s", err, text)
		}
	}
	return s.out.String(), nil
}

// scanner rewrites one token at a time.
type scanner struct {
	in   string
	at   int
	out  strings.Builder
	open []byte // the brackets that are open
	key  bool   // a key comes next
}

func (s *scanner) step() error {
	switch c := s.in[s.at]; c {
	case ' ', '\t':
		s.at++
	case '"':
		return s.quoted()
	case '{', '[':
		s.open = append(s.open, c)
		s.key = c == '{'
		s.copy()
	case '}', ']':
		if len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
		s.key = false
		s.copy()
	case ',':
		s.key = len(s.open) > 0 && s.open[len(s.open)-1] == '{'
		s.copy()
	case ':':
		s.key = false
		s.copy()
	default:
		return s.bare()
	}
	return nil
}

func (s *scanner) copy() {
	s.out.WriteByte(s.in[s.at])
	s.at++
}

func (s *scanner) quoted() error {
	for i := s.at + 1; i < len(s.in); i++ {
		switch s.in[i] {
		case '\\':
			i++
		case '"':
			s.out.WriteString(s.in[s.at : i+1])
			s.at = i + 1
			return nil
		}
	}
	return fmt.Errorf("a quote is not closed")
}

// bare reads a key without quotes, or a value that is no text.
func (s *scanner) bare() error {
	stop := ",}] \t"
	if s.key {
		stop = ": \t"
	}
	rest := s.in[s.at:]
	end := len(rest)
	if i := strings.IndexAny(rest, stop); i >= 0 {
		end = i
	}
	if call := callForm.FindString(rest); call != "" && !s.key {
		end = len(call)
	}
	word := rest[:end]
	s.at += end
	if s.key {
		s.out.WriteString(strconv.Quote(word))
		return nil
	}
	json, err := literal(word)
	s.out.WriteString(json)
	return err
}

var callForm = regexp.MustCompile(`^([a-z]+)\(((?:"(?:[^"\\]|\\.)*"|[^"()])*)\)`)

// literal is the Extended JSON of a word.
func literal(word string) (string, error) {
	switch word {
	case "NaN", "Infinity", "-Infinity", "-0.0":
		return `{"$numberDouble":"` + word + `"}`, nil
	case "MinKey", "MaxKey":
		return `{"$` + strings.ToLower(word[:1]) + word[1:] + `":1}`, nil
	case "undefined":
		return `{"$undefined":true}`, nil
	}
	call := callForm.FindStringSubmatch(word)
	if call == nil {
		return word, nil
	}
	form, ok := forms[call[1]]
	if !ok {
		return "", fmt.Errorf("unknown value %s", word)
	}
	first, second, _ := strings.Cut(call[2], ",")
	return strings.NewReplacer("$1", strings.TrimSpace(first), "$2", strings.TrimSpace(second)).Replace(form), nil
}

// forms are the short forms with an argument.
var forms = map[string]string{
	"long":    `{"$numberLong":"$1"}`,
	"double":  `{"$numberDouble":"$1"}`,
	"decimal": `{"$numberDecimal":"$1"}`,
	"date":    `{"$date":{"$numberLong":"$1"}}`,
	"oid":     `{"$oid":"$1"}`,
	"uuid":    `{"$uuid":"$1"}`,
	"binary":  `{"$binary":{"subType":"$1","base64":$2}}`,
	"ts":      `{"$timestamp":{"t":$1,"i":$2}}`,
	"symbol":  `{"$symbol":$1}`,
	"code":    `{"$code":$1}`,
	"regex":   `{"$regularExpression":{"pattern":$1,"options":$2}}`,
	"pad":     `"` + mark + `pad $1"`,
	"list":    `"` + mark + `list $1"`,
}

// mark begins a text that stands for something large.
const mark = `@large `

// grown puts what is large in its places.
func grown(v any) any {
	switch v := v.(type) {
	case bson.D:
		for i := range v {
			v[i].Value = grown(v[i].Value)
		}
	case bson.A:
		for i := range v {
			v[i] = grown(v[i])
		}
	case string:
		if order, ok := strings.CutPrefix(v, mark); ok {
			return large(order)
		}
	}
	return v
}

func large(order string) any {
	kind, count, _ := strings.Cut(order, " ")
	n, _ := strconv.Atoi(count)
	if kind == "pad" {
		return strings.Repeat("x", n)
	}
	list := make(bson.A, n)
	for i := range list {
		list[i] = int32(i)
	}
	return list
}
