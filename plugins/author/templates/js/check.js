import { check, info, serve } from "./revsync.js";

serve("{{.Name}}", "1.0.0", check("hello", hello));

export function hello(request) {
  return [info("HELLO", `hello from sync ${request.sync.id}`)];
}
