#include "revsync.h"

REVSYNC_EXPORT(revsync_v1_describe) int describe(void) {
	revsync_put("{\"apiVersion\":\"revsync.plugin/v1\",\"name\":\"{{.Name}}\",\"version\":\"1.0.0\",\"components\":["
	            "{\"name\":\"hello\",\"kind\":\"check\",\"phases\":[\"preflight\",\"preReverse\"]}]}");
	return revsync_answer();
}

REVSYNC_EXPORT(revsync_v1_evaluate) int evaluate(void) {
	revsync_text request = revsync_request();
	if (!revsync_is(revsync_get(request, "component"), "hello"))
		return revsync_fail(REVSYNC_NOT_FOUND, "{\"code\":5,\"message\":\"no such component\"}");
	revsync_put("{\"findings\":[{\"code\":\"HELLO\",\"severity\":\"info\",\"message\":\"hello from sync ");
	revsync_put_inside(revsync_get(revsync_get(request, "sync"), "id"));
	revsync_put("\"}]}");
	return revsync_answer();
}
