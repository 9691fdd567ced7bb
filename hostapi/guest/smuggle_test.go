package guest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// readsAll is a right to read everything on both sides, and to every command.
func readsAll() []sdk.Capability {
	return append(everything(), sdk.Capability{Cluster: sdk.RoleAny, Op: sdk.OpFind}, sdk.Capability{Cluster: sdk.RoleAny, Op: sdk.OpAggregate})
}

func reader(c Commander) *Session {
	return (&Hosts{Commander: c}).Open(Scope{Module: "acme.m", Component: "c", Asked: readsAll(), Granted: readsAll()})
}

const exhausted = `{"cursor":{"id":{"$numberLong":"0"},"ns":"app.c","firstBatch":[]}}`

// The templates of requests; the case stands where the % is.
const (
	aStage    = `{"cluster":"source","database":"app","collection":"c","pipeline":[{"$match":{"a":1}},%]}`
	aFilter   = `{"cluster":"source","database":"app","collection":"c","filter":%}`
	aPipeline = `{"cluster":"source","database":"app","collection":"c","pipeline":%}`
	aConcern  = `{"cluster":"source","database":"app","collection":"c","readConcern":%}`
	aDatabase = `{"cluster":"source","database":%,"collection":"c"}`
	aName     = `{"cluster":"source","database":"app","collection":%}`
	anOption  = `{"cluster":"source","database":"app","collection":"c",%}`
	explained = `{"cluster":"source","database":"app","command":{"explain":{"aggregate":"c","pipeline":[%],"cursor":{}}}}`
	explains  = `{"cluster":"source","database":"app","command":{"explain":%}}`
	aCommand  = `{"cluster":"source","database":"app","command":%}`
	atCommand = `{"cluster":"source","database":%,"command":{"count":"c"}}`
)

// smuggled are ways to get through what must not: each with a request of the same form that is let through.
var smuggled = map[string]struct{ op, template, bad, good string }{
	"out":                        {sdk.OpAggregate, aStage, `{"$out":"d"}`, `{"$count":"d"}`},
	"merge":                      {sdk.OpAggregate, aStage, `{"$merge":{"into":"d"}}`, `{"$set":{"into":"d"}}`},
	"out in an escape":           {sdk.OpAggregate, aStage, `{"\u0024out":"d"}`, `{"\u0024count":"d"}`},
	"out, letter escaped":        {sdk.OpAggregate, aStage, `{"$\u006fut":"d"}`, `{"$c\u006funt":"d"}`},
	"out in another case":        {sdk.OpAggregate, aStage, `{"$OUT":"d"}`, `{"$count":"d"}`},
	"stage with two keys":        {sdk.OpAggregate, aStage, `{"$limit":1,"$skip":1}`, `{"$limit":1}`},
	"a stage's key twice":        {sdk.OpAggregate, aStage, `{"$limit":1,"$limit":2}`, `{"$limit":1}`},
	"a key twice further down":   {sdk.OpAggregate, aStage, `{"$set":{"a":1,"\u0061":2}}`, `{"$set":{"a":1,"\u0062":2}}`},
	"zero byte in a key":         {sdk.OpAggregate, aStage, `{"$set":{"$where\u0000":1}}`, `{"$set":{"where":1}}`},
	"nested array as a stage":    {sdk.OpAggregate, aStage, `[{"$limit":1}]`, `{"$limit":1}`},
	"text as a stage":            {sdk.OpAggregate, aStage, `"$limit"`, `{"$limit":1}`},
	"empty stage":                {sdk.OpAggregate, aStage, `{}`, `{"$limit":1}`},
	"pipeline in a document":     {sdk.OpAggregate, aPipeline, `{"0":{"$limit":1}}`, `[{"$limit":1}]`},
	"pipeline of one stage":      {sdk.OpAggregate, aPipeline, `{"$limit":1}`, `[{"$limit":1}]`},
	"no pipeline":                {sdk.OpAggregate, aPipeline, `null`, `[]`},
	"facet":                      {sdk.OpAggregate, aStage, `{"$facet":{"x":[{"$out":"d"}]}}`, `{"$facet":{"x":[{"$limit":1}]}}`},
	"facet with a document":      {sdk.OpAggregate, aStage, `{"$facet":{"x":{"0":{"$indexStats":{}}}}}`, `{"$facet":{"x":[{"$limit":1}]}}`},
	"facet, only a listed stage": {sdk.OpAggregate, aStage, `{"$facet":{"x":[{"$indexStats":{}}]}}`, `{"$facet":{"x":[{"$limit":1}]}}`},
	"lookup pipeline":            {sdk.OpAggregate, aStage, `{"$lookup":{"from":"d","pipeline":[{"$merge":"e"}],"as":"x"}}`, `{"$lookup":{"from":"d","pipeline":[],"as":"x"}}`},
	"lookup in lookup": {sdk.OpAggregate, aStage, `{"$lookup":{"from":"d","as":"x","pipeline":[{"$lookup":{"from":"e","as":"y","pipeline":[{"$collStats":{}}]}}]}}`,
		`{"$lookup":{"from":"d","as":"x","pipeline":[{"$lookup":{"from":"e","as":"y","pipeline":[{"$limit":1}]}}]}}`},
	"lookup from elsewhere":      {sdk.OpAggregate, aStage, `{"$lookup":{"from":{"db":"admin","coll":"d"},"as":"x","localField":"a","foreignField":"b"}}`, `{"$lookup":{"from":"d","as":"x","localField":"a","foreignField":"b"}}`},
	"lookup from oplog":          {sdk.OpAggregate, aStage, `{"$lookup":{"from":{"db":"local","coll":"oplog.rs"},"as":"x","pipeline":[]}}`, `{"$lookup":{"from":"oplog.rs","as":"x","pipeline":[]}}`},
	"lookup from system":         {sdk.OpAggregate, aStage, `{"$lookup":{"from":"system.js","as":"x","pipeline":[]}}`, `{"$lookup":{"from":"systems.js","as":"x","pipeline":[]}}`},
	"lookup from a command":      {sdk.OpAggregate, aStage, `{"$lookup":{"from":"$cmd","as":"x","pipeline":[]}}`, `{"$lookup":{"from":"cmd","as":"x","pipeline":[]}}`},
	"lookup from nothing":        {sdk.OpAggregate, aStage, `{"$lookup":{"as":"x","pipeline":[]}}`, `{"$lookup":{"from":"d","as":"x","pipeline":[]}}`},
	"lookup with more":           {sdk.OpAggregate, aStage, `{"$lookup":{"from":"d","as":"x","pipeline":[],"_internalCollation":{}}}`, `{"$lookup":{"from":"d","as":"x","pipeline":[],"let":{}}}`},
	"graphLookup from elsewhere": {sdk.OpAggregate, aStage, `{"$graphLookup":{"from":{"db":"admin","coll":"d"},"startWith":"$a","connectFromField":"a","connectToField":"b","as":"x"}}`, `{"$graphLookup":{"from":"d","startWith":"$a","connectFromField":"a","connectToField":"b","as":"x"}}`},
	"graphLookup of system":      {sdk.OpAggregate, aStage, `{"$graphLookup":{"from":"system.users","startWith":"$a","connectFromField":"a","connectToField":"b","as":"x"}}`, `{"$graphLookup":{"from":"users","startWith":"$a","connectFromField":"a","connectToField":"b","as":"x"}}`},
	"graphLookup with where":     {sdk.OpAggregate, aStage, `{"$graphLookup":{"from":"d","startWith":"$a","connectFromField":"a","connectToField":"b","as":"x","restrictSearchWithMatch":{"$where":"1"}}}`, `{"$graphLookup":{"from":"d","startWith":"$a","connectFromField":"a","connectToField":"b","as":"x","restrictSearchWithMatch":{"where":"1"}}}`},
	"unionWith":                  {sdk.OpAggregate, aStage, `{"$unionWith":{"coll":"d","pipeline":[{"$out":"e"}]}}`, `{"$unionWith":{"coll":"d","pipeline":[]}}`},
	"unionWith of system":        {sdk.OpAggregate, aStage, `{"$unionWith":"system.profile"}`, `{"$unionWith":"profile"}`},
	"unionWith elsewhere":        {sdk.OpAggregate, aStage, `{"$unionWith":{"db":"admin","coll":"system.users"}}`, `{"$unionWith":{"coll":"users"}}`},
	"unionWith of documents":     {sdk.OpAggregate, aStage, `{"$unionWith":{"pipeline":[{"$match":{}}]}}`, `{"$unionWith":{"coll":"d","pipeline":[{"$match":{}}]}}`},
	"function in match":          {sdk.OpAggregate, aStage, `{"$match":{"$expr":{"$function":{"body":"f","args":[],"lang":"js"}}}}`, `{"$match":{"$expr":{"$eq":["$a",1]}}}`},
	"function in an array":       {sdk.OpAggregate, aStage, `{"$set":{"x":[[{"$function":{}}]]}}`, `{"$set":{"x":[[{"$abs":1}]]}}`},
	"function in lookup's let":   {sdk.OpAggregate, aStage, `{"$lookup":{"from":"d","as":"x","pipeline":[],"let":{"v":{"$function":{}}}}}`, `{"$lookup":{"from":"d","as":"x","pipeline":[],"let":{"v":{"$abs":1}}}}`},
	"accumulator":                {sdk.OpAggregate, aStage, `{"$group":{"_id":1,"x":{"$accumulator":{}}}}`, `{"$group":{"_id":1,"x":{"$sum":1}}}`},
	"accumulator in a bucket":    {sdk.OpAggregate, aStage, `{"$bucketAuto":{"groupBy":"$a","buckets":2,"output":{"x":{"$accumulator":{}}}}}`, `{"$bucketAuto":{"groupBy":"$a","buckets":2,"output":{"x":{"$sum":1}}}}`},
	"mapReduce's accumulator":    {sdk.OpAggregate, aStage, `{"$group":{"_id":1,"x":{"$_internalJsReduce":{}}}}`, `{"$group":{"_id":1,"x":{"$sum":{}}}}`},
	"where in match":             {sdk.OpAggregate, aStage, `{"$match":{"$or":[{"$where":"1"}]}}`, `{"$match":{"$or":[{"a":"1"}]}}`},
	"code value":                 {sdk.OpAggregate, aStage, `{"$match":{"a":{"$code":"f()"}}}`, `{"$match":{"a":{"$symbol":"f()"}}}`},
	"code with scope":            {sdk.OpAggregate, aStage, `{"$match":{"a":{"$code":"f()","$scope":{}}}}`, `{"$match":{"a":{"code":"f()","scope":{}}}}`},
	"too deep":                   {sdk.OpAggregate, aStage, `{"$set":{"a":` + strings.Repeat("[", 120) + strings.Repeat("]", 120) + `}}`, `{"$set":{"a":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}}`},

	"where in find":             {sdk.OpFind, aFilter, `{"$where":"sleep(1)"}`, `{"where":"sleep(1)"}`},
	"where in find, escaped":    {sdk.OpFind, aFilter, `{"$and":[{"\u0024wher\u0065":"1"}]}`, `{"$and":[{"\u0061":"1"}]}`},
	"function in find":          {sdk.OpFind, aFilter, `{"$expr":{"$function":{}}}`, `{"$expr":{"$abs":"$a"}}`},
	"mapReduce's emit":          {sdk.OpFind, aFilter, `{"$expr":{"$_internalJsEmit":{}}}`, `{"$expr":{"$abs":"$a"}}`},
	"code in find":              {sdk.OpFind, aFilter, `{"a":{"$code":"f"}}`, `{"a":{"$oid":"57e193d7a9cc81b4027498b5"}}`},
	"function in a projection":  {sdk.OpFind, anOption, `"projection":{"x":{"$function":{}}}`, `"projection":{"x":{"$abs":"$a"}}`},
	"function in a hint":        {sdk.OpFind, anOption, `"hint":{"$function":1}`, `"hint":{"a":1}`},
	"linearizable":              {sdk.OpFind, aConcern, `{"level":"linearizable"}`, `{"level":"majority"}`},
	"snapshot":                  {sdk.OpFind, aConcern, `{"level":"snapshot"}`, `{"level":"local"}`},
	"after a time to come":      {sdk.OpFind, aConcern, `{"level":"majority","afterClusterTime":{"$timestamp":{"t":4294967295,"i":1}}}`, `{"level":"majority"}`},
	"only a time":               {sdk.OpAggregate, `{"cluster":"source","database":"app","collection":"c","pipeline":[],"readConcern":%}`, `{"afterClusterTime":{"$timestamp":{"t":1,"i":1}}}`, `{"level":"available"}`},
	"admin":                     {sdk.OpFind, aDatabase, `"admin"`, `"admins"`},
	"local":                     {sdk.OpFind, aDatabase, `"local"`, `"locals"`},
	"config":                    {sdk.OpFind, aDatabase, `"c\u006fnfig"`, `"configs"`},
	"the engine's own":          {sdk.OpFind, aDatabase, `"revsync_internal"`, `"revsync"`},
	"views' definitions":        {sdk.OpFind, aName, `"system.views"`, `"views"`},
	"profile":                   {sdk.OpFind, aName, `"system.profile"`, `"profile"`},
	"buckets":                   {sdk.OpFind, aName, `"system.buckets.t"`, `"buckets.t"`},
	"a command's collection":    {sdk.OpFind, aName, `"$cmd.sys.inprog"`, `"cmd"`},
	"no name":                   {sdk.OpFind, aName, `""`, `"c"`},
	"zero byte behind the name": {sdk.OpFind, aName, `"c\u0000"`, `"c"`},

	"explain: stage off the list":     {sdk.OpRunCommand, explained, `{"$currentOp":{}}`, `{"$limit":1}`},
	"explain: lookup from elsewhere":  {sdk.OpRunCommand, explained, `{"$lookup":{"from":{"db":"local","coll":"oplog.rs"},"as":"x","pipeline":[]}}`, `{"$lookup":{"from":"d","as":"x","pipeline":[]}}`},
	"explain: facet":                  {sdk.OpRunCommand, explained, `{"$facet":{"x":[{"$collStats":{}}]}}`, `{"$facet":{"x":[]}}`},
	"explain: of a number":            {sdk.OpRunCommand, explains, `{"aggregate":1,"pipeline":[]}`, `{"aggregate":"c","pipeline":[]}`},
	"explain: of a system collection": {sdk.OpRunCommand, explains, `{"find":"system.profile"}`, `{"find":"profile"}`},
	"explain: another database":       {sdk.OpRunCommand, explains, `{"find":"c","$db":"admin"}`, `{"find":"c","limit":1}`},
	"explain: let":                    {sdk.OpRunCommand, explains, `{"find":"c","let":{}}`, `{"find":"c","filter":{}}`},
	"explain: linearizable":           {sdk.OpRunCommand, explains, `{"count":"c","readConcern":{"level":"linearizable"}}`, `{"count":"c","readConcern":{"level":"majority"}}`},
	"explain: a pipeline's own":       {sdk.OpRunCommand, explains, `{"aggregate":"c","pipeline":[],"explain":true}`, `{"aggregate":"c","pipeline":[],"cursor":{}}`},
	"count by UUID":                   {sdk.OpRunCommand, aCommand, `{"count":{"$uuid":"73ffd264-44b3-4c69-90e8-e7d1dfc035d4"}}`, `{"count":"c"}`},
	"distinct of a system collection": {sdk.OpRunCommand, aCommand, `{"distinct":"system.js","key":"value"}`, `{"distinct":"js","key":"value"}`},
	"distinct, linearizable":          {sdk.OpRunCommand, aCommand, `{"distinct":"c","key":"a","readConcern":{"level":"linearizable"}}`, `{"distinct":"c","key":"a","readConcern":{"level":"local"}}`},
	"count with mapReduce's emit":     {sdk.OpRunCommand, aCommand, `{"count":"c","query":{"$expr":{"$_internalJsEmit":{}}}}`, `{"count":"c","query":{"$expr":{"$abs":"$a"}}}`},
	"dataSize of users":               {sdk.OpRunCommand, aCommand, `{"dataSize":"admin.system.users","keyPattern":{"_id":1},"min":{"_id":"a"},"max":{"_id":"b"}}`, `{"dataSize":"app.users"}`},
	"count in config":                 {sdk.OpRunCommand, atCommand, `"config"`, `"app"`},
	"count in the engine's own":       {sdk.OpRunCommand, atCommand, `"revsync_internal"`, `"app"`},
}

func TestNothingIsSmuggledIn(t *testing.T) {
	for name, c := range smuggled {
		t.Run(name, func(t *testing.T) {
			var got []sent
			s := reader(recorder(exhausted, &got))
			_, err := s.Call(t.Context(), c.op, json.RawMessage(strings.Replace(c.template, "%", c.bad, 1)))
			require.Equal(t, sdk.CodePermissionDenied, code(err), "%v", err)
			require.Empty(t, got, "nothing may reach the cluster")
			require.Len(t, s.Denied(), 1)
			require.Equal(t, c.op, s.Denied()[0].Op)
			_, err = s.Call(t.Context(), c.op, json.RawMessage(strings.Replace(c.template, "%", c.good, 1)))
			require.NoError(t, err, "the same without what was smuggled")
			require.Len(t, got, 1)
		})
	}
}

// Stages that show something else than documents of the database, or are younger than this list.
func TestStagesAreListed(t *testing.T) {
	for _, stage := range []string{"$currentOp", "$listSessions", "$listLocalSessions", "$collStats", "$indexStats", "$changeStream",
		"$changeStreamSplitLargeEvent", "$planCacheStats", "$documents", "$queryStats", "$querySettings", "$listSampledQueries",
		"$listCatalog", "$listClusterCatalog", "$listSearchIndexes", "$search", "$searchMeta", "$vectorSearch", "$backupCursor",
		"$mergeCursors", "$shardedDataDistribution", "$operationMetrics", "$rankFusion", "$_internalInhibitOptimization", "match", "", "$match "} {
		doc, err := json.Marshal(map[string]any{stage: map[string]any{}})
		require.NoError(t, err)
		s := reader(recorder(exhausted, new([]sent)))
		_, err = s.Call(t.Context(), sdk.OpAggregate, json.RawMessage(strings.Replace(aStage, "%", string(doc), 1)))
		require.Equal(t, sdk.CodePermissionDenied, code(err), "%s: %v", stage, err)
	}
}

func TestRequestsOfReadersAreStrict(t *testing.T) {
	_, err := reader(recorder(exhausted, new([]sent))).Call(t.Context(), sdk.OpFind, json.RawMessage(strings.Replace(anOption, "%", `"batchSize":1000,"hint":"a_1"`, 1)))
	require.NoError(t, err)
	for _, option := range []string{`"$readPreference":{"mode":"nearest"}`, `"let":{}`, `"allowDiskUse":true`, `"tailable":true`, `"awaitData":true`,
		`"noCursorTimeout":true`, `"explain":true`, `"maxTimeMS":1`, `"comment":"x"`, `"batchSize":-1`, `"batchSize":1001`, `"limit":-5`, `"skip":-1`,
		`"ejson":"bson"`, `"limit":"1"`, `"database":"a.b"`, `"cluster":"any"`, `"bypassDocumentValidation":true`, `"writeConcern":{"w":0}`} {
		for _, op := range []string{sdk.OpFind, sdk.OpAggregate} {
			var got []sent
			_, err := reader(recorder(exhausted, &got)).Call(t.Context(), op, json.RawMessage(strings.Replace(anOption, "%", option, 1)))
			require.Equal(t, sdk.CodeInvalidArgument, code(err), "%s of %s: %v", option, op, err)
			require.Empty(t, got)
		}
	}
}
