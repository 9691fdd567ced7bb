// Refuses a reverse while the source holds collections that somebody is still working on: those whose name matches the
// pattern in the configuration. A check in JavaScript that asks the server.
import { check, error, info, serve, StatusError } from "./revsync.js";

serve("example.names", "1.0.0", check("names", names, {
  capabilities: [{ cluster: "source", op: "runCommand", commands: ["listDatabases", "listCollections"] }],
  configSchema: { type: "object", properties: { pattern: { type: "string" } }, required: ["pattern"], additionalProperties: false },
}));

const internal = ["admin", "config", "local"];

export function names(request, host) {
  const pattern = new RegExp(request.config.pattern, "u");
  const found = databases(host).flatMap((db) => collections(host, db).filter((name) => pattern.test(name)).map((name) => `${db}.${name}`));
  if (found.length === 0) return [info("NAMES_CLEAR", `no collection of the source matches ${pattern}`)];
  return found.slice(0, 100).map((namespace) => error("COLLECTION_IN_USE", `${namespace} matches ${pattern}`, {
    remediation: "wait until whoever made the collection has dropped or renamed it",
    resource: { cluster: request.sync.source.name, namespace },
  }));
}

function databases(host) {
  const reply = host.runCommand("source", "admin", { listDatabases: 1, nameOnly: true });
  return reply.databases.map((db) => db.name).filter((name) => !internal.includes(name));
}

function collections(host, db) {
  const { cursor } = host.runCommand("source", db, { listCollections: 1, nameOnly: true, cursor: { batchSize: 10000 } });
  if (cursor.id !== 0) throw new StatusError(8, `database ${db} has more collections than one batch holds`);
  return cursor.firstBatch.map((collection) => collection.name);
}
