"""A local HTTP server that speaks the OpenAI chat protocol, well or badly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
import contextlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import itertools
import json
from pathlib import Path
import ssl
import threading
from typing import Any
import zlib

__all__ = ['BEHAVIOURS', 'OpenAIServer']

#: ok: the answer. slow: silence until the server stops. 500, 429: status. 401: refused for good.
#: garbage: noise where the answer should be. wrong_schema: JSON of another shape. not_json: an
#: HTML page. empty: no choices. null: no text. no_schema: 400 when a response_format is asked for.
#: disconnect: the connection closes without an answer. drip, drip_head: one byte at a time,
#: without end. endless: as much as is taken. bomb: 1 GB of blanks, packed into 1 MB. later: 429
#: that asks to wait an hour. away, round, moved: redirected to another host, to itself, and to
#: where it answers. echo: 401 that tells the key. escapes: 401 that orders a terminal about.
BEHAVIOURS = (
    *('drip', 'drip_head', 'endless', 'bomb', 'later', 'away', 'round', 'moved'),
    *('ok', 'slow', '500', '429', '401', 'garbage', 'wrong_schema'),
    *('not_json', 'empty', 'null', 'no_schema', 'disconnect', 'echo', 'escapes'),
)


class OpenAIServer:
    """
    Serves ``POST /v1/chat/completions`` on a free port of this machine; a context manager.

    Parameters
    ----------
    answer : str or function of the request
        Text of the assistant's message.
    behaviours : sequence of str
        One for each request in turn; the last one stays. See ``BEHAVIOURS``.
    certificate : path, optional
        Key and certificate for 127.0.0.1 in one file; it then speaks TLS.
    silence_s : float
        How long ``slow`` keeps a connection open [s].

    """

    def __init__(
        self,
        answer: str | Callable[[Mapping[str, Any]], str] = '{}',
        behaviours: Sequence[str] = ('ok',),
        certificate: Path | None = None,
        silence_s: float = 30.0,
    ) -> None:
        assert set(behaviours) <= set(BEHAVIOURS)
        self.answer = answer
        self.silence_s = silence_s
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str] = []
        #: Where ``away`` leads.
        self.away = 'http://localhost.invalid/v1/chat/completions'
        self._behaviours = list(behaviours)
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        server = self

        class Handler(_Handler):
            owner = server

        self._http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._http.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._scheme = 'http' if certificate is None else 'https'
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    @property
    def base_url(self) -> str:
        return f'{self._scheme}://127.0.0.1:{self._http.server_address[1]}/v1'

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def take(self, request: dict[str, Any], authorization: str) -> str:
        """Note a request and return how to behave."""
        with self._lock:
            self.requests.append(request)
            self.authorizations.append(authorization)
            return self._behaviours[min(len(self.requests), len(self._behaviours)) - 1]

    def behave(self, *behaviours: str) -> None:
        """Behave otherwise from the next request on."""
        assert behaviours
        assert set(behaviours) <= set(BEHAVIOURS)
        with self._lock:
            done = len(self.requests)
            kept = [*self._behaviours, *self._behaviours[-1:] * done][:done]
            self._behaviours = [*kept, *behaviours]

    def text(self, request: Mapping[str, Any]) -> str:
        return self.answer(request) if callable(self.answer) else self.answer


class _Handler(BaseHTTPRequestHandler):
    owner: OpenAIServer
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args: object) -> None:
        """Stay quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        request = json.loads(body)
        how = self.owner.take(request, self.headers.get('Authorization', ''))
        if how == 'moved' and self.path == '/v1/chat/completions':
            self._redirect('/elsewhere')
        elif how == 'moved' and self.path == '/elsewhere':
            self._send(200, _completion('ok', self.owner.text(request), request))
        elif self.path != '/v1/chat/completions':
            self._send(404, {'error': {'message': f'no {self.path}'}})
        elif how == 'slow':
            self.owner.stopping.wait(self.owner.silence_s)
            self.close_connection = True
        elif how == 'disconnect':
            self.close_connection = True
        elif how in _STREAMS:
            self._stream(how)
        elif how == 'away':
            self._redirect(self.owner.away)
        elif how == 'round':
            self._redirect(self.path)
        elif how == 'later':
            self._send_bytes(429, b'{}', 'application/json', ('Retry-After', '3600'))
        elif how == 'echo':
            told = f'{"x" * 155} {self.headers["Authorization"]}'
            self._send(401, {'error': {'message': told}})
        elif how == 'escapes':
            self._send_bytes(401, '\x1b[2J\u202egone\ufeff\n\x07'.encode(), 'text/plain')
        elif how in ('500', '429', '401'):
            self._send(int(how), {'error': {'message': f'status {how} on purpose'}})
        elif how == 'no_schema' and 'response_format' in request:
            self._send(400, {'error': {'message': 'response_format is not supported'}})
        elif how == 'not_json':
            self._send_bytes(200, b'<html>proxy login</html>', 'text/html')
        else:
            self._send(200, _completion(how, self.owner.text(request), request))

    def _send(self, status: int, value: Mapping[str, Any]) -> None:
        self._send_bytes(status, json.dumps(value).encode(), 'application/json')

    def _send_bytes(
        self,
        status: int,
        body: bytes,
        kind: str,
        # The client's own pause would be half a second.
        header: tuple[str, str] = ('retry-after-ms', '1'),
    ) -> None:
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, target: str) -> None:
        self._send_bytes(307, b'', 'text/plain', ('Location', target))

    def _stream(self, how: str) -> None:
        """Send until the other side has enough, or the server stops."""
        self.close_connection = True
        head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
        if how == 'bomb':
            head += 'Content-Encoding: gzip\r\n'
        with contextlib.suppress(OSError):
            if how == 'drip_head':
                self.wfile.write(head.encode())
            else:
                self.wfile.write(f'{head}\r\n'.encode())
            for chunk in _STREAMS[how]():
                self.wfile.write(chunk)
                if how.startswith('drip') and self.owner.stopping.wait(0.02):
                    return


def _bomb() -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(1024):
        yield packer.compress(b' ' * (1 << 20))
    yield packer.flush()


_STREAMS: Mapping[str, Callable[[], Iterator[bytes]]] = {
    'drip': lambda: itertools.repeat(b' '),
    'drip_head': lambda: itertools.repeat(b'x'),
    'endless': lambda: itertools.repeat(b' ' * 65536),
    'bomb': _bomb,
}


def _completion(how: str, answer: str, request: Mapping[str, Any]) -> dict[str, Any]:
    content = {'garbage': '\x00\x01{"capt', 'wrong_schema': '{"foo": [1, 2]}', 'null': None}
    message = {'role': 'assistant', 'content': content.get(how, answer)}
    choice = {'index': 0, 'message': message, 'finish_reason': 'stop'}
    return {
        'id': 'chatcmpl-0',
        'object': 'chat.completion',
        'created': 0,
        'model': request.get('model', ''),
        'choices': [] if how == 'empty' else [choice],
        'usage': {'prompt_tokens': 11, 'completion_tokens': 7, 'total_tokens': 18},
    }
