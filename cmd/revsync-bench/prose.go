package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
)

// proseBytes is the length of the text that all documents take theirs from.
const proseBytes = 16 << 20

// corpus is made once: text of short words, which compresses about as well as
// text does.
var corpus = sync.OnceValue(func() string {
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5000)
	for i := range words {
		words[i] = word(random)
	}
	var b strings.Builder
	b.Grow(proseBytes + 16)
	for b.Len() < proseBytes {
		b.WriteString(words[random.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()[:proseBytes]
})

func word(random *rand.Rand) string {
	letters := make([]byte, 3+random.IntN(8))
	for i := range letters {
		letters[i] = byte('a' + random.IntN(26))
	}
	return string(letters)
}

// prose is n bytes of text, from a random place on.
func prose(random *rand.Rand, n int) string {
	n = min(max(n, 0), proseBytes-1)
	at := random.IntN(proseBytes - n)
	return corpus()[at : at+n]
}

func hex(n uint64) string { return strconv.FormatUint(n, 16) }
