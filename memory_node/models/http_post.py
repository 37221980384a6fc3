"""
One POST over HTTP, whatever the other side does: one deadline, one size limit, one host.

Libraries give a time-out to each read, so an answer that drips has none. Here every step, from
the look-up of the name to the last byte, waits for the same deadline and sees when nobody wants
the answer any more. A connection is used once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import errno
from functools import partial
import http.client
import io
import os
import select
import socket
import ssl
import threading
import time
from typing import Any, TypeVar
import urllib.parse
import urllib.request
import zlib

from memory_node.models.deadline import Call, CallError

__all__ = ['MAX_REPLY_BYTES', 'HttpError', 'RefusedError', 'Reply', 'post']

#: Largest reply, as it is sent and as it is unpacked.
MAX_REPLY_BYTES = 1 << 20
_HEAD_BYTES = 1 << 17
_REDIRECTS = 3
_PORTS = {'http': 80, 'https': 443}

ResultT = TypeVar('ResultT')


class HttpError(CallError):
    """The other side can't be reached, or what it sends is no reply; the next time it may."""


class RefusedError(CallError):
    """A reply that is not taken: it leads elsewhere, is too large or packed in an unknown way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], call: Call) -> Reply:
    """
    Send ``body`` and return the whole reply, redirects within scheme, host and port followed.

    Raises ``CallError``: late, not wanted any more, unreachable, too large, or no HTTP.
    """
    for _ in range(_REDIRECTS + 1):
        try:
            reply = _post(url, body, headers, call)
        except (OSError, ValueError, http.client.HTTPException, zlib.error) as cause:
            raise HttpError(f'{type(cause).__name__}: {str(cause)[:200]}') from cause
        if reply.status not in (301, 302, 303, 307, 308):
            return reply
        target = urllib.parse.urljoin(url, reply.headers.get('location', ''))
        if reply.status not in (307, 308) or _origin(target) != _origin(url):
            raise RefusedError(f'status {reply.status}: redirects elsewhere are not followed')
        url = target
    raise RefusedError(f'more than {_REDIRECTS} redirects')


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _post(url: str, body: bytes, headers: Mapping[str, str], call: Call) -> Reply:
    parts = urllib.parse.urlsplit(url)
    scheme, host, port = _origin(url)
    if scheme not in _PORTS or not host or not port:
        raise RefusedError(f'no HTTP address: {url[:200]!r}')
    target = urllib.parse.urlunsplit(('', '', parts.path or '/', parts.query, ''))
    proxy = _proxy(scheme, host)
    stream = _Stream(call)
    try:
        stream.connect(*(proxy or (host, port)))
        if scheme == 'https':
            if proxy:
                _tunnel(stream, host, port)
            stream.encrypt(host)
        elif proxy:
            target = urllib.parse.urlunsplit(parts)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = stream
        plain = {
            'Host': parts.netloc.rpartition('@')[2],
            'Accept-Encoding': 'identity',
            'Connection': 'close',
        }
        connection.request('POST', target, body, {**plain, **headers})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(status=response.status, headers=found, body=_body(response))
    finally:
        stream.end()


def _proxy(scheme: str, host: str) -> tuple[str, int] | None:
    """Return host and port of the proxy that the environment names for an address."""
    named = urllib.request.getproxies().get(scheme)
    if not named or urllib.request.proxy_bypass(host):
        return None
    parts = urllib.parse.urlsplit(named if '://' in named else f'http://{named}')
    return (parts.hostname, parts.port or 80) if parts.hostname else None


def _tunnel(stream: _Stream, host: str, port: int) -> None:
    stream.sendall(f'CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n'.encode())
    response = http.client.HTTPResponse(stream)  # type: ignore[arg-type]
    response.begin()
    if response.status != 200:
        raise HttpError(f'the proxy answered status {response.status}')


def _body(response: http.client.HTTPResponse) -> bytes:
    """Read and unpack the body; raises ``RefusedError`` where it is too large."""
    packing = (response.getheader('Content-Encoding') or 'identity').strip().lower()
    if packing not in ('identity', 'gzip', 'x-gzip', 'deflate'):
        raise RefusedError(f'the reply is packed as {packing[:40]!r}')
    unpack = None if packing == 'identity' else zlib.decompressobj(47)
    body = bytearray()
    while chunk := response.read(1 << 16):
        if unpack is None:
            body += chunk
        else:
            body += unpack.decompress(chunk, MAX_REPLY_BYTES + 1 - len(body))
        if len(body) > MAX_REPLY_BYTES:
            raise RefusedError(f'the reply has more than {MAX_REPLY_BYTES} bytes')
    return bytes(body)


class _Raw(io.RawIOBase):
    """What a response reads from."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Return whether this can be read: yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there; 0 at the end."""
        return self._stream.receive(buffer)


class _Stream:
    """A socket that never blocks for longer than its call, as far as HTTPConnection needs it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._socket: socket.socket | None = None
        self._received = 0

    def connect(self, host: str, port: int) -> None:
        """Connect to the first address of a name that answers, each with its share of time."""
        addresses = _addresses(host, port, self._call)
        failure: OSError = OSError(f'{host} has no address')
        for i, (family, kind, protocol, _, address) in enumerate(addresses):
            until_s = time.monotonic() + self._call.left_s() / (len(addresses) - i)
            self._socket = socket.socket(family, kind, protocol)
            self._socket.setblocking(False)
            code = self._socket.connect_ex(address)
            if code == errno.EINPROGRESS:
                code = errno.ETIMEDOUT
                if self._wait(select.POLLOUT, until_s):
                    code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return
            failure = OSError(code, os.strerror(code))
            self._socket.close()
        raise failure

    def encrypt(self, host: str) -> None:
        """Begin TLS and check whose certificate it is."""
        context = ssl.create_default_context()
        assert self._socket is not None
        wrapped = context.wrap_socket(
            self._socket, server_hostname=host, do_handshake_on_connect=False
        )
        self._socket = wrapped
        self._step(wrapped.do_handshake, select.POLLIN)

    def sendall(self, data: Any) -> None:
        """Send all of ``data``, or each part of it."""
        assert self._socket is not None
        rest = memoryview(data)
        while rest:
            send = partial(self._socket.send, rest[: 1 << 16])
            rest = rest[self._step(send, select.POLLOUT) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what a response is read from."""
        return io.BufferedReader(_Raw(self))

    def receive(self, buffer: Any) -> int:
        """Read what is there; 0 at the end."""
        assert self._socket is not None
        count = self._step(partial(self._socket.recv_into, buffer), select.POLLIN)
        self._received += count
        if self._received > MAX_REPLY_BYTES + _HEAD_BYTES:
            raise RefusedError(f'the reply has more than {MAX_REPLY_BYTES} bytes')
        return count

    def close(self) -> None:
        """Do nothing: the connection lets go before the response is read."""

    def end(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def _step(self, attempt: Callable[[], ResultT], event: int) -> ResultT:
        """Try until it does not block."""
        while True:
            self._call.left_s()  # bytes that drip never block: look before each
            try:
                return attempt()
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN)
            except BlockingIOError:
                self._wait(event)

    def _wait(self, event: int, until_s: float | None = None) -> bool:
        """Wait until the socket is ready; False where ``until_s`` has passed."""
        assert self._socket is not None
        poll = select.poll()
        poll.register(self._socket, event)
        while not poll.poll(1e3 * self._call.step_s()):
            if until_s is not None and time.monotonic() >= until_s:
                return False
        return True


def _addresses(host: str, port: int, call: Call) -> list[Any]:
    """Look a name up in a thread of its own: a resolver that hangs can't be told to stop."""
    found: list[Any] = []
    failure: list[OSError] = []
    done = threading.Event()

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failure.append(OSError(str(error)))
        done.set()

    threading.Thread(target=look_up, name='look-up', daemon=True).start()
    call.wait_for(done)
    if failure:
        raise failure[0]
    return found
