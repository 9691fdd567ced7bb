import assert from "node:assert/strict";
import { test } from "node:test";
import { names } from "./check.js";
import { Host, StatusError } from "./revsync.js";

const request = { config: { pattern: "^tmp_" }, sync: { source: { name: "cluster1" } } };

function having(collections, id = 0) {
  return new Host((_op, { database, command }) => {
    if (command.listDatabases) return { databases: [{ name: "admin" }, { name: "shop" }] };
    assert.equal(database, "shop");
    return { cursor: { id, firstBatch: collections.map((name) => ({ name })) } };
  });
}

test("refuses what matches", () => {
  const found = names(request, having(["orders", "tmp_a", "tmp_b"]));
  assert.deepEqual(found.map((f) => [f.severity, f.resource.namespace]), [["error", "shop.tmp_a"], ["error", "shop.tmp_b"]]);
});

test("passes the rest", () => {
  assert.deepEqual(names(request, having(["orders"])).map((f) => f.code), ["NAMES_CLEAR"]);
});

test("does not judge what it cannot see", () => {
  assert.throws(() => names(request, having([], 7)), StatusError);
  assert.throws(() => names(request, new Host(() => { throw new StatusError(7, "denied"); })), /denied/);
});
