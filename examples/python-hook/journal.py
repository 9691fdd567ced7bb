"""Writes each reverse into an append-only journal, before it begins and when it is done; without that line none begins."""
import json
import os

from revsync_plugin import Component, finding, serve


def write(host, request):
    """Adds a line for this key. The engine may ask again with the same key, and then the line is there already."""
    journal, key = request["config"]["file"], request["idempotencyKey"]
    hello = host.run_command("source", {"hello": 1})
    line = json.dumps({"key": key, "at": request["now"], "sourceWrote": hello.get("lastWrite", {}).get("lastWriteDate")}) + "\n"
    try:
        with open(journal, "a+") as f:
            f.seek(0)
            text = f.read()
            if not any(json.loads(old)["key"] == key for old in text.splitlines()):
                f.write(line)
                f.flush()
                os.fsync(f.fileno())
    except (OSError, ValueError) as e:
        return [finding("error", "NOT_IN_JOURNAL", f"no line in {journal}: {e}", remediation=f"see that {journal} can be read and written")]
    return [finding("info", "IN_JOURNAL", f"{journal} has the line {key}")]


CONFIG = {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"], "additionalProperties": False}
HELLO = {"cluster": "source", "op": "runCommand", "commands": ["hello"]}


def main():
    serve("acme.journal", "1.0.0", Component("journal", "hook", ["preReverse", "postReverse"], write, asks=[HELLO], schema=CONFIG))
