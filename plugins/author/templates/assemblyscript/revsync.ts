// The contract revsync.plugin/v1 for AssemblyScript: the imports, and just enough JSON to read a request.

@external("revsync_v1", "input") declare function hostInput(to: usize, limit: u32): u32;
@external("revsync_v1", "output") declare function hostOutput(from: usize, size: u32): void;
@external("revsync_v1", "call") declare function hostCall(op: usize, opSize: u32, request: usize, size: u32): i32;
@external("revsync_v1", "result") declare function hostResult(to: usize, limit: u32): u32;
@external("revsync_v1", "log") declare function hostLog(level: i32, from: usize, size: u32): void;

export const NOT_FOUND: i32 = 5;

/** The request document. */
export function request(): string {
  const size = hostInput(0, 0);
  const bytes = new ArrayBuffer(size);
  hostInput(changetype<usize>(bytes), size);
  return String.UTF8.decode(bytes);
}

/** Sets the answer and ends the evaluation well. */
export function answer(document: string): i32 {
  const bytes = String.UTF8.encode(document);
  hostOutput(changetype<usize>(bytes), bytes.byteLength);
  return 0;
}

/** Ends the evaluation with a status. The message must need no escapes. */
export function fail(code: i32, message: string): i32 {
  answer('{"code":' + code.toString() + ',"message":"' + message + '"}');
  return code;
}

/** What a host call came back with: the result when status is 0, else the error's text. */
export class Result {
  constructor(public status: i32, public text: string) {}
}

/** Performs a host operation. */
export function call(op: string, request: string): Result {
  const opBytes = String.UTF8.encode(op), bytes = String.UTF8.encode(request);
  const status = hostCall(changetype<usize>(opBytes), opBytes.byteLength, changetype<usize>(bytes), bytes.byteLength);
  const size = hostResult(0, 0), text = new ArrayBuffer(size);
  hostResult(changetype<usize>(text), size);
  return new Result(status < 0 ? -status : 0, String.UTF8.decode(text));
}

/** Writes one line to the engine's log: -4 debug, 0 info, 4 warning, 8 error. */
export function log(level: i32, line: string): void {
  const bytes = String.UTF8.encode(line);
  hostLog(level, changetype<usize>(bytes), bytes.byteLength);
}

function isSpace(c: i32): bool {
  return c == 0x20 || c == 0x0a || c == 0x0d || c == 0x09;
}

function space(s: string, at: i32): i32 {
  while (at < s.length && isSpace(s.charCodeAt(at))) at++;
  return at;
}

function afterString(s: string, at: i32): i32 {
  for (at++; at < s.length && s.charCodeAt(at) != 0x22; at++)
    if (s.charCodeAt(at) == 0x5c) at++;
  return min(at + 1, s.length);
}

function afterValue(s: string, at: i32): i32 {
  let depth = 0;
  while (at < s.length) {
    const c = s.charCodeAt(at);
    if (c == 0x22) {
      at = afterString(s, at);
      if (depth == 0) return at;
      continue;
    }
    const opens = c == 0x7b || c == 0x5b, closes = c == 0x7d || c == 0x5d;
    if (depth == 0 && (c == 0x2c || closes)) return at;
    depth += opens ? 1 : closes ? -1 : 0;
    at++;
    if (closes && depth == 0) return at;
  }
  return at;
}

/** The value of a key of a JSON object, as JSON; "" when it is not there. */
export function get(object: string, key: string): string {
  let at = space(object, 0);
  if (at >= object.length || object.charCodeAt(at) != 0x7b) return "";
  const quoted = '"' + key + '"';
  at = space(object, at + 1);
  while (at < object.length && object.charCodeAt(at) == 0x22) {
    const after = afterString(object, at), name = object.substring(at, after);
    at = space(object, after);
    if (at < object.length && object.charCodeAt(at) == 0x3a) at = space(object, at + 1);
    const end = afterValue(object, at);
    if (name == quoted) return object.substring(at, end);
    at = space(object, end);
    if (at < object.length && object.charCodeAt(at) == 0x2c) at = space(object, at + 1);
  }
  return "";
}

/** The inside of a JSON string, to be put into another one; "" for everything else. */
export function inside(value: string): string {
  return value.length >= 2 && value.charCodeAt(0) == 0x22 ? value.substring(1, value.length - 1) : "";
}
