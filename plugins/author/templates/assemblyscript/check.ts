import { answer, fail, get, inside, NOT_FOUND, request } from "./revsync";

export function revsync_v1_describe(): i32 {
  return answer(`{"apiVersion":"revsync.plugin/v1","name":"{{.Name}}","version":"1.0.0","components":[
    {"name":"hello","kind":"check","phases":["preflight","preReverse"]}]}`);
}

export function revsync_v1_evaluate(): i32 {
  const asked = request();
  if (get(asked, "component") != '"hello"') return fail(NOT_FOUND, "no such component");
  const id = inside(get(get(asked, "sync"), "id"));
  return answer(`{"findings":[{"code":"HELLO","severity":"info","message":"hello from sync ${id}"}]}`);
}
