import assert from "node:assert/strict";
import { test } from "node:test";
import { hello } from "./check.js";

test("says hello", () => {
  assert.equal(hello({ sync: { id: "s1" } })[0].message, "hello from sync s1");
});
