/* The contract revsync.plugin/v1 for C without a C library: the five imports, and just enough JSON to read a request. */
#ifndef REVSYNC_H
#define REVSYNC_H

#define REVSYNC_IMPORT(name) __attribute__((import_module("revsync_v1"), import_name(#name)))
#define REVSYNC_EXPORT(name) __attribute__((export_name(#name)))

REVSYNC_IMPORT(input) unsigned revsync_input(char *to, unsigned limit);
REVSYNC_IMPORT(output) void revsync_output(const char *from, unsigned size);
REVSYNC_IMPORT(call) int revsync_call(const char *op, unsigned op_size, const char *request, unsigned size);
REVSYNC_IMPORT(result) unsigned revsync_result(char *to, unsigned limit);
REVSYNC_IMPORT(log) void revsync_log(int level, const char *from, unsigned size);

enum { REVSYNC_NOT_FOUND = 5, REVSYNC_RESOURCE_EXHAUSTED = 8, REVSYNC_INTERNAL = 13 };

/* A piece of a JSON document; from is 0 when there is none. A string has its quotes and escapes. */
typedef struct { const char *from; unsigned size; } revsync_text;

/* The whole request, up to its limit of 4 MiB, and the answer, up to 1 MiB. */
static char revsync_request_bytes[4 << 20], revsync_answer_bytes[1 << 20];
static unsigned revsync_answer_size;

static inline unsigned revsync_length(const char *s) {
	unsigned n = 0;
	while (s[n]) n++;
	return n;
}

/* The request document; from is 0 when there is no room for it. */
static inline revsync_text revsync_request(void) {
	unsigned size = revsync_input(revsync_request_bytes, sizeof revsync_request_bytes);
	revsync_text none = {0, 0}, all = {revsync_request_bytes, size};
	return size > sizeof revsync_request_bytes ? none : all;
}

static inline const char *revsync_space(const char *p, const char *end) {
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
	return p;
}

static inline const char *revsync_skip_string(const char *p, const char *end) {
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\') p++;
	return p < end ? p + 1 : end;
}

static inline const char *revsync_skip(const char *p, const char *end) {
	int depth = 0;
	while (p < end) {
		if (*p == '"') {
			p = revsync_skip_string(p, end);
		} else {
			if (depth == 0 && (*p == ',' || *p == '}' || *p == ']')) return p;
			if (*p == '{' || *p == '[') depth++;
			if (*p == '}' || *p == ']') depth--;
			p++;
		}
		if (depth == 0 && (p[-1] == '"' || p[-1] == '}' || p[-1] == ']')) return p;
	}
	return end;
}

/* The value of a key of an object. */
static inline revsync_text revsync_get(revsync_text object, const char *key) {
	revsync_text none = {0, 0};
	if (!object.from) return none;
	const char *end = object.from + object.size, *p = revsync_space(object.from, end);
	if (p >= end || *p != '{') return none;
	unsigned size = revsync_length(key);
	for (p = revsync_space(p + 1, end); p < end && *p == '"'; p = revsync_space(p, end)) {
		const char *name = p + 1, *after = revsync_skip_string(p, end);
		unsigned named = (unsigned)(after - name) - 1, i = 0;
		while (i < size && i < named && name[i] == key[i]) i++;
		p = revsync_space(after, end);
		if (p < end && *p == ':') p = revsync_space(p + 1, end);
		const char *value = p;
		p = revsync_skip(p, end);
		if (i == size && i == named) return (revsync_text){value, (unsigned)(p - value)};
		p = revsync_space(p, end);
		if (p < end && *p == ',') p = revsync_space(p + 1, end);
	}
	return none;
}

/* Whether a piece is this JSON string. */
static inline int revsync_is(revsync_text t, const char *s) {
	unsigned size = revsync_length(s);
	if (!t.from || t.size != size + 2) return 0;
	for (unsigned i = 0; i < size; i++)
		if (t.from[i + 1] != s[i]) return 0;
	return 1;
}

/* Writing the answer, piece by piece; what does not fit fails the evaluation. */
static inline void revsync_put_bytes(const char *from, unsigned size) {
	for (unsigned i = 0; i < size; i++) {
		if (revsync_answer_size == sizeof revsync_answer_bytes) __builtin_trap();
		revsync_answer_bytes[revsync_answer_size++] = from[i];
	}
}

static inline void revsync_put(const char *s) { revsync_put_bytes(s, revsync_length(s)); }

/* The inside of a JSON string, to be put into another one. */
static inline void revsync_put_inside(revsync_text t) {
	if (t.from && t.size >= 2 && t.from[0] == '"') revsync_put_bytes(t.from + 1, t.size - 2);
}

static inline int revsync_answer(void) {
	revsync_output(revsync_answer_bytes, revsync_answer_size);
	return 0;
}

/* Ends the evaluation with a status. */
static inline int revsync_fail(int code, const char *error) {
	revsync_output(error, revsync_length(error));
	return code;
}

#endif
