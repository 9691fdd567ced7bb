// The contract revsync.plugin/v1 for JavaScript. The runtime holds a copy of this file, which checks import in check.wasm;
// this one is for their tests, and the build refuses when the two differ.

/** A status of the contract: what a host call threw, or what a check throws when it cannot judge. */
export class StatusError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "StatusError";
    this.code = code;
  }
}

const levels = { debug: -4, info: 0, warning: 4, error: 8 };

/**
 * What a component may ask. In a test, answer stands in for the engine: it gets the operation and its request, returns the
 * result or throws a StatusError.
 */
export class Host {
  #answer;
  #write;

  constructor(answer, write = () => {}) {
    this.#answer = answer;
    this.#write = write;
  }

  /** Performs an operation. Integers of 64 bits keep their value only with ejson: "canonical". */
  call(op, request = {}) {
    return this.#answer(op, request);
  }

  /** Runs a command on "source" or "destination" and returns the server's reply. */
  runCommand(cluster, database, command, options = {}) {
    return this.call("runCommand", { cluster, database, command, ...options });
  }

  /** Writes one line to the engine's log: "debug", "info", "warning" or "error". */
  log(line, level = "info") {
    this.#write(levels[level] ?? 0, String(line));
  }
}

const finding = (severity) => (code, message, more = {}) => ({ code, severity, message, ...more });

/** A finding that refuses the trigger. more: remediation, resource, evidence, docs. */
export const error = finding("error");
/** A finding that is shown and refuses nothing. */
export const warning = finding("warning");
/** A finding that says that something was looked at and is as it should be. */
export const info = finding("info");

const options = ["phases", "facts", "capabilities", "configSchema", "timeout"];

function part(kind, name, run, given) {
  const unknown = Object.keys(given).find((key) => !options.includes(key));
  if (unknown !== undefined) throw new TypeError(`${kind} ${name}: there is no option ${unknown}, only ${options.join(", ")}`);
  if (typeof run !== "function") throw new TypeError(`${kind} ${name}: its second argument is not a function`);
  return { run, description: { name, kind, ...given } };
}

/** A check: judge gets the request and the host, and returns a list of findings. Without phases it runs in these two. */
export function check(name, judge, given = {}) {
  return part("check", name, judge, { phases: ["preflight", "preReverse"], ...given });
}

/** A hook: it acts, in the phases given. */
export function hook(name, act, given) {
  return part("hook", name, act, given);
}

let served;

/** Says what the module is called, its version and its parts; a script calls it once. */
export function serve(name, version, ...parts) {
  if (served) throw new Error("serve is called twice");
  served = { name, version, parts };
}

function module() {
  if (!served) throw new Error("check.js does not call serve");
  return served;
}

/** The module's description document. */
export async function describe() {
  const { name, version, parts } = module();
  return { apiVersion: "revsync.plugin/v1", name, version, components: parts.map((p) => p.description) };
}

/** Answers a request as the module does in the engine. */
export async function evaluate(request, host) {
  const asked = module().parts.find((p) => p.description.name === request.component);
  if (!asked) throw new StatusError(5, `there is no component ${JSON.stringify(request.component)}`);
  const findings = await asked.run(request, host);
  if (!Array.isArray(findings)) throw new TypeError(`${request.component} did not return a list of findings`);
  return { findings };
}

/** What the runtime tells the engine about an error: a status and a text that says where. */
export function failure(thrown) {
  const code = thrown instanceof StatusError && thrown.code > 0 ? thrown.code : 13;
  const where = /check\.js:\d+(:\d+)?/.exec(thrown?.stack ?? "");
  const what = thrown === null ? "null was thrown: the script did that, or its memory is full" : thrown;
  return [code, `${what}${where ? ` (${where[0]})` : ""}`];
}
