// Puts check.js into the runtime, which makes check.wasm: the script lies in a slot that the runtime keeps for it.
import { readFileSync, writeFileSync } from "node:fs";

const marker = "<revsync check.js slot1>", room = 128 << 10;

function stop(why) {
  console.error(why);
  process.exit(1);
}

const script = readFileSync("check.js"), code = readFileSync("runtime.wasm");
if (script.length > room) stop(`check.js has ${script.length} bytes, more than the ${room} that the runtime takes`);
const slot = code.indexOf(marker);
if (slot < 0 || code.includes(marker, slot + 1)) stop("runtime.wasm is not the runtime of revsync");
if (!code.includes(readFileSync("revsync.js"))) stop("revsync.js is not the one in runtime.wasm: take both from the same revsync");
code.writeUInt32LE(script.length, slot + marker.length);
code.fill(0, slot + marker.length + 4, slot + marker.length + 4 + room);
script.copy(code, slot + marker.length + 4);
writeFileSync("check.wasm", code);
