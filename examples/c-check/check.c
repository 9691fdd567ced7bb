/* Refuses a reverse on a Friday: a check in C without a library. */
#include "revsync.h"

REVSYNC_EXPORT(revsync_v1_describe) int describe(void) {
	revsync_put("{\"apiVersion\":\"revsync.plugin/v1\",\"name\":\"example.no-friday\",\"version\":\"1.0.0\",\"components\":["
	            "{\"name\":\"no-friday\",\"kind\":\"check\",\"phases\":[\"preflight\",\"preReverse\"]}]}");
	return revsync_answer();
}

/* The number that size digits make, -1 when they are not digits. */
static int number(const char *from, int size) {
	int n = 0;
	for (int i = 0; i < size; i++) {
		if (from[i] < '0' || from[i] > '9') return -1;
		n = n * 10 + from[i] - '0';
	}
	return n;
}

/* The day of the week of "2026-01-02T…", 0 for Sunday; -1 when it is no date. */
static int weekday(revsync_text now) {
	static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
	if (!now.from || now.size < 12) return -1;
	int year = number(now.from + 1, 4), month = number(now.from + 6, 2), day = number(now.from + 9, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return -1;
	if (month < 3) year--;
	return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

REVSYNC_EXPORT(revsync_v1_evaluate) int evaluate(void) {
	revsync_text request = revsync_request();
	if (!revsync_is(revsync_get(request, "component"), "no-friday"))
		return revsync_fail(REVSYNC_NOT_FOUND, "{\"code\":5,\"message\":\"no such component\"}");
	int day = weekday(revsync_get(request, "now"));
	if (day < 0)
		revsync_put("{\"findings\":[{\"code\":\"DATE_UNKNOWN\",\"severity\":\"error\",\"message\":\"the request has no date\"}]}");
	else if (day == 5)
		revsync_put("{\"findings\":[{\"code\":\"FRIDAY\",\"severity\":\"error\",\"message\":\"no reversals on a Friday\","
		            "\"remediation\":\"come back on Monday\"}]}");
	else
		revsync_put("{\"findings\":[]}");
	return revsync_answer();
}
