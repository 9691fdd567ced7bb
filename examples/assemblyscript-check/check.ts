// Lets a reverse happen only within the hours (UTC) of its configuration, for example {"from": 22, "to": 4}.
import { answer, fail, get, NOT_FOUND, request } from "./revsync";

export function revsync_v1_describe(): i32 {
  return answer(`{"apiVersion":"revsync.plugin/v1","name":"example.hours","version":"1.0.0","components":[
    {"name":"hours","kind":"check","phases":["preflight","preReverse"],"configSchema":{"type":"object",
     "properties":{"from":{"type":"integer"},"to":{"type":"integer"}},"required":["from","to"],"additionalProperties":false}}]}`);
}

// Of "2026-01-02T03:04:05Z" with its quotes; -1 when that is no time.
function hourOf(now: string): i32 {
  return now.length < 15 || now.charCodeAt(11) != 0x54 ? -1 : <i32>parseInt(now.substring(12, 14));
}

export function revsync_v1_evaluate(): i32 {
  const asked = request(), config = get(asked, "config");
  if (get(asked, "component") != '"hours"') return fail(NOT_FOUND, "no such component");
  const hour = hourOf(get(asked, "now")), from = get(config, "from"), to = get(config, "to");
  if (hour < 0 || from == "" || to == "")
    return answer('{"findings":[{"code":"HOURS_UNKNOWN","severity":"error","message":"the time or the allowed hours are not known"}]}');
  const first = <i32>parseInt(from), last = <i32>parseInt(to);
  const open = first <= last ? first <= hour && hour < last : hour >= first || hour < last;
  if (open) return answer('{"findings":[]}');
  return answer(`{"findings":[{"code":"OUT_OF_HOURS","severity":"error",
    "message":"reversals happen from ${first} to ${last} o'clock UTC, and it is ${hour}","remediation":"wait until ${first} o'clock UTC"}]}`);
}
