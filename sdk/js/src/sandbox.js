// Runs before check.js: takes away what gives another answer each time, and makes the host out of the two imports.
import { Host, StatusError } from "./revsync.js";

function noClock() {
  throw new Error("a check has no clock: take the time from request.now");
}

function noChance() {
  throw new Error("a check has no random numbers: the same request must get the same answer");
}

const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, made) => (args.length === 0 ? noClock() : Reflect.construct(target, args, made)),
  apply: noClock,
});
RealDate.now = noClock;
RealDate.prototype.constructor = globalThis.Date;
Math.random = noChance;
delete globalThis.performance;

const text = (value) => (typeof value === "string" ? value : value instanceof Error ? `${value}` : JSON.stringify(value) ?? `${value}`);

export default function sandbox(call, log) {
  const at = (level) => (...values) => log(level, values.map(text).join(" "));
  globalThis.console = { debug: at(-4), log: at(0), info: at(0), warn: at(4), error: at(8) };
  const answer = (op, request) => {
    const [status, result] = call(op, JSON.stringify(request));
    if (status !== 0) throw new StatusError(status, result);
    return JSON.parse(result);
  };
  return new Host(answer, log);
}
