package copier

import "go.mongodb.org/mongo-driver/v2/bson"

// documentBytes is the size of n documents in an array without the array: 5
// bytes around it, and before each document a type, its number in decimal
// digits and a NUL.
func documentBytes(array bson.RawArray, n int) int64 {
	size := int64(len(array)) - 5 - 3*int64(n)
	for from := 10; from < n; from *= 10 {
		size -= int64(n - from) // from here on a number has one digit more
	}
	return size
}
