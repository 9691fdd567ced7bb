"""The contract revsync.plugin/v1 for programs in Python: copy this file, and write what journal.py shows.

serve() speaks go-plugin's protocol: a handshake line on standard output, then gRPC with mutual TLS over a Unix socket.
Components are ordinary functions. They are called in threads, several at once, and take (host, request): a Host to ask, and
the request document as a dict. They return a list of findings; an exception is a failure, which refuses. A thread cannot be
stopped: when one does not return by its deadline, the engine kills the process, and starts another for the next request.
"""
import asyncio
import base64
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import traceback

from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.config import Configuration
from grpclib.const import Cardinality, Handler
from grpclib.encoding.base import CodecBase
from grpclib.server import Server

NOT_FOUND, INTERNAL, UNAVAILABLE = 5, 13, 14  # docs/plugins.md has all numbers
OFFER_SECONDS = 5  # as long as the engine waits for its side of a new connection to be dialled


class Status(Exception):
    """A failure with a number of the contract: what a host call raises, and what a component may raise."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def finding(severity, code, message, **more):
    """more may hold remediation, resource, evidence and docs."""
    return {"severity": severity, "code": code, "message": message, **more}


class Component:
    """One check or hook. asks lists capabilities, schema is the JSON schema of its configuration."""

    def __init__(self, name, kind, phases, function, asks=(), schema=None, timeout=None):
        self.function = function
        self.description = {"name": name, "kind": kind, "phases": list(phases), "capabilities": list(asks)}
        self.description.update({k: v for k, v in {"configSchema": schema, "timeout": timeout}.items() if v})


def serve(name, version, *components):
    """Serves the components until the engine goes away. Does not return."""
    if os.environ.get("REVSYNC_PLUGIN") != "revsync.plugin/v1":
        sys.exit("this program is a revsync plugin: it is started by the server, see plugin.json")
    threading.Thread(target=_end_with_the_engine, daemon=True).start()
    parts = {c.description["name"]: c for c in components}
    document = {"apiVersion": "revsync.plugin/v1", "name": name, "version": version,
                "components": [c.description for c in components]}
    asyncio.run(_Module(parts, document).run())


def _end_with_the_engine():
    while sys.stdin.buffer.read(1 << 16):
        pass
    os._exit(0)


class Host:
    """The engine, for one evaluation: every call blocks until its answer is there, or raises Status."""

    def __init__(self, module, evaluation):
        self._module, self._evaluation = module, evaluation

    def call(self, operation, request=None):
        document = b"" if request is None else json.dumps(request).encode()
        answer = self._send("Call", {1: self._evaluation, 2: operation, 3: document})
        _raise(answer.get(2))
        return json.loads(answer.get(1, b"null"))

    def run_command(self, cluster, command, database="admin"):
        """cluster is "source" or "destination"; the reply comes as relaxed Extended JSON."""
        return self.call("runCommand", {"cluster": cluster, "database": database, "command": command})

    def log(self, message, level=0):
        """level is -4 debug, 0 info, 4 warning, 8 error."""
        self._send("Log", {1: self._evaluation, 2: level, 3: message})

    def _send(self, method, message):
        call = self._module.call_host(f"/revsync.plugin.v1.Host/{method}", message)
        return asyncio.run_coroutine_threadsafe(call, self._module.loop).result()


def _raise(status):
    if status is not None:
        fields = decode(status)
        raise Status(fields.get(1, INTERNAL), fields.get(2, b"").decode())


class _Module:
    """What the engine calls: the module itself, and the services that go-plugin needs."""

    def __init__(self, parts, document):
        self.parts, self.document = parts, document
        self.offers, self.channel = {}, None

    async def run(self):
        self.loop, self.stopped = asyncio.get_running_loop(), asyncio.Event()
        certificate, to_server, to_host = _mutual_tls(os.environ["PLUGIN_CLIENT_CERT"])
        self.tls = to_host
        path = os.path.join(os.environ.get("PLUGIN_UNIX_SOCKET_DIR") or ".", f"python{os.getpid()}")
        server = Server([self], codec=_Codec())
        await server.start(path=path, ssl=to_server)
        print(f"1|1|unix|{os.path.abspath(path)}|grpc|{certificate}", flush=True)
        sys.stdout = sys.stderr  # what is printed from now on becomes part of an error
        await self.stopped.wait()
        server.close()
        os._exit(0)  # also when a component still runs

    def __mapping__(self):
        services = {"/revsync.plugin.v1.Module/Describe": self.describe, "/revsync.plugin.v1.Module/Evaluate": self.evaluate,
                    "/grpc.health.v1.Health/Check": self.health, "/plugin.GRPCController/Shutdown": self.shutdown}
        handlers = {path: Handler(f, Cardinality.UNARY_UNARY, None, None) for path, f in services.items()}
        handlers["/plugin.GRPCBroker/StartStream"] = Handler(self.broker, Cardinality.STREAM_STREAM, None, None)
        return handlers

    async def describe(self, stream):
        await stream.recv_message()
        await stream.send_message({1: json.dumps(self.document).encode()})

    async def evaluate(self, stream):
        message = await stream.recv_message()
        self.host_id = message[2]
        host = Host(self, message[3])
        try:
            findings = await asyncio.to_thread(self._judge, host, json.loads(message[1]))
            answer = {1: json.dumps({"findings": findings}).encode()}
        except Status as e:
            answer = {2: encode({1: e.code, 2: str(e)})}
        except Exception:
            answer = {2: encode({1: INTERNAL, 2: traceback.format_exc(limit=-3)})}
        await stream.send_message(answer)

    def _judge(self, host, request):
        part = self.parts.get(request["component"])
        if part is None:
            raise Status(NOT_FOUND, "no such component")
        return part.function(host, request)

    async def health(self, stream):
        await stream.recv_message()
        await stream.send_message({1: 1})  # serving

    async def shutdown(self, stream):
        await stream.recv_message()
        await stream.send_message({})
        self.stopped.set()

    async def broker(self, stream):
        """Takes the engine's offers: where its host service listens."""
        async for info in stream:
            self._offer(info.get(1, 0)).set_result((info[2].decode(), info[3].decode()))

    def _offer(self, number):
        return self.offers.setdefault(number, self.loop.create_future())

    async def call_host(self, method, message):
        try:
            if self.channel is None:  # once: each connection costs a socket and a handshake
                self.channel = self.loop.create_task(self._dial(self.host_id))
            return await UnaryUnaryMethod(await self.channel, method, None, None)(message)
        except Exception as e:
            raise Status(UNAVAILABLE, f"the engine's host: {e!r}") from e

    async def _dial(self, number):
        network, address = await asyncio.wait_for(self._offer(number), OFFER_SECONDS)
        host, _, port = address.rpartition(":")
        where = {"path": address} if network == "unix" else {"host": host, "port": int(port)}
        return Channel(ssl=self.tls, codec=_Codec(), config=Configuration(ssl_target_name_override="localhost"), **where)


def _mutual_tls(engine):
    """Makes a certificate for this one process, and the contexts in which both sides prove who they are.

    Only the engine that started the process knows it, by the handshake, and only that engine's own (PEM) is let in.
    """
    with tempfile.TemporaryDirectory(dir=".") as folder:  # in the process's own folder, mode 0700
        key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9999",
                               "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(f"openssl made no certificate: {made.stderr}")
        contexts = []
        for protocol in ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT:
            context = ssl.SSLContext(protocol)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=engine)
            context.load_cert_chain(certificate, key)
            context.set_alpn_protocols(["h2"])
            contexts.append(context)
        with open(certificate) as f:
            der = ssl.PEM_cert_to_DER_cert(f.read())
    return base64.b64encode(der).decode().rstrip("="), *contexts


class _Codec(CodecBase):
    """Messages are dicts from field number to value: the protocol has a handful of small ones (plugins/proto/v1)."""

    __content_subtype__ = "proto"

    def encode(self, message, message_type):
        return encode(message)

    def decode(self, data, message_type):
        return decode(data)


def encode(fields):
    """Writes the protobuf message {number: int, str or bytes}."""
    out = b""
    for number, value in fields.items():
        if isinstance(value, int):
            out += _varint(number << 3) + _varint(value & (1 << 64) - 1)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += _varint(number << 3 | 2) + _varint(len(value)) + value
    return out


def _varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def decode(data):
    """Reads a protobuf message: numbers as int, everything else as bytes."""
    fields, at = {}, 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        if tag & 7 == 0:
            fields[tag >> 3], at = _read_varint(data, at)
        elif tag & 7 == 2:
            size, at = _read_varint(data, at)
            fields[tag >> 3], at = data[at:at + size], at + size
        else:  # fixed numbers, which no message of v1 has
            at += {1: 8, 5: 4}[tag & 7]
    return fields


def _read_varint(data, at):
    n = shift = 0
    while True:
        n |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return n, at
