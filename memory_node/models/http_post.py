"""
One POST over HTTP, whatever the other side does: one deadline, one size limit, one host.

httpx speaks HTTP, but its time-outs are for single reads, so an answer that drips has none. The
calling thread runs the exchange as one task and cancels it when nobody wants the answer any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
import contextlib
from dataclasses import dataclass
import socket
import ssl
import threading
from typing import Any, TYPE_CHECKING
import zlib

from memory_node.models.deadline import Call, CallError

if TYPE_CHECKING:
    import httpx

__all__ = ['MAX_REPLY_BYTES', 'HttpError', 'RefusedError', 'Reply', 'post']

#: Largest reply, as it is sent and as it is unpacked.
MAX_REPLY_BYTES = 1 << 20
_REDIRECTS = 3


class HttpError(CallError):
    """The other side can't be reached, or what it sends is no reply; the next time it may."""


class RefusedError(CallError):
    """A reply that is not taken, or a request that can't be sent; the next time is no better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], call: Call) -> Reply:
    """
    Send ``body`` and return the whole reply, redirects within scheme, host and port followed.

    Header names are in lower case. Raises ``CallError``: late, not wanted any more, unreachable,
    too large, or no HTTP.
    """
    try:
        import httpx  # takes memory that a node without a model keeps

        running = None
        with contextlib.suppress(RuntimeError):
            running = asyncio.get_running_loop()
        if running is None:
            return _run(url, body, headers, call)
        with ThreadPoolExecutor(1) as other:  # a thread runs one loop at a time
            return other.submit(_run, url, body, headers, call).result()
    except CallError:
        raise
    except ImportError as cause:
        raise RefusedError(f'a package is missing: {cause}') from cause
    except httpx.LocalProtocolError:
        raise RefusedError('HTTP allows no such request') from None  # it quotes the key
    except Exception as cause:  # below httpx, groups of errors and errors of threads too
        root = _root(cause)
        raise HttpError(f'{type(root).__name__}: {root}') from cause  # cut where the key is out


def _root(error: BaseException) -> BaseException:
    """Return what went wrong first: httpx tells no more than that connecting failed."""
    inner = (error.__cause__, *error.args, *getattr(error, 'exceptions', ()))
    cause = next((e for e in inner if isinstance(e, BaseException)), None)
    return error if cause is None else _root(cause)


def _run(url: str, body: bytes, headers: Mapping[str, str], call: Call) -> Reply:
    """Return the reply; looks at the call every 50 ms and ends the exchange with it."""
    loop = _Loop()
    task = loop.create_task(_exchange(url, body, headers))
    try:
        while not task.done():
            loop.run_until_complete(asyncio.wait({task}, timeout=call.step_s()))
        return task.result()
    finally:
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _exchange(address: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Send ``body`` wherever the redirects lead, over one connection each."""
    import httpx

    url = httpx.URL(address)
    if url.scheme not in ('http', 'https') or not url.host:
        raise RefusedError(f'no HTTP address: {address[:200]!r}')
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
    if url.scheme == 'https':
        trust = ssl.create_default_context()
    headers = {'Accept-Encoding': 'identity', 'Connection': 'close', **headers}
    async with httpx.AsyncClient(verify=trust, timeout=None) as client:
        for _ in range(_REDIRECTS + 1):
            async with client.stream('POST', url, content=body, headers=headers) as response:
                status, found = response.status_code, dict(response.headers)
                if status not in (301, 302, 303, 307, 308):
                    return Reply(status=status, headers=found, body=await _body(response))
            target = url.join(found.get('location', ''))
            if status not in (307, 308) or _origin(target) != _origin(url):
                raise RefusedError(f'status {status}: redirects elsewhere are not followed')
            url = target
    raise RefusedError(f'more than {_REDIRECTS} redirects')


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _body(response: httpx.Response) -> bytes:
    """Read and unpack the body; raises ``RefusedError`` where it is too large."""
    packing = response.headers.get('content-encoding', 'identity').strip().lower()
    if packing not in ('identity', 'gzip', 'x-gzip', 'deflate'):
        raise RefusedError(f'the reply is packed as {packing[:40]!r}')
    unpack = None if packing == 'identity' else zlib.decompressobj(47)
    body = bytearray()
    async for chunk in response.aiter_raw():
        room = MAX_REPLY_BYTES + 1 - len(body)
        body += unpack.decompress(chunk, room) if unpack else chunk
        if max(len(body), response.num_bytes_downloaded) > MAX_REPLY_BYTES:
            raise RefusedError(f'the reply has more than {MAX_REPLY_BYTES} bytes')
    return bytes(body)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that looks names up in threads that nobody waits for."""

    async def getaddrinfo(self, *args: Any, **hints: Any) -> Any:
        """Look up in a daemon thread: a resolver that hangs can't be told to stop."""
        found: Future[Any] = Future()
        found.set_running_or_notify_cancel()

        def look_up() -> None:
            try:
                found.set_result(socket.getaddrinfo(*args, **hints))
            except (OSError, ValueError) as error:
                found.set_exception(error)

        threading.Thread(target=look_up, name='look-up', daemon=True).start()
        return await asyncio.wrap_future(found, loop=self)
