"""What a server sends, byte by byte, to whoever asks a model over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
import gzip
import json
from pathlib import Path
import socket
import threading
from typing import Any

from hypothesis import strategies as st

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.texts import captions, data, mostly, strange
from memory_node.core.errors import LanguageModelError
from memory_node.models.openai_language_model import OpenAIChat

__all__ = ['doors']

_STATUS = mostly(
    st.just('200 OK'),
    st.sampled_from(
    ['204 No Content', '301 Moved', '307 Temporary Redirect',
     '400 Bad Request', '401 Unauthorized', '429 Too Many Requests', '500 Oops', '99', '999999 x']
    ),
)  # fmt: skip
_HEADERS = st.lists(
    mostly(st.sampled_from(
        ['Content-Type: application/json', 'Content-Encoding: gzip', 'Transfer-Encoding: chunked',
         'X: y']
    ), st.sampled_from(
        ['Content-Encoding: br', 'Retry-After: 9e99', 'Retry-After: x', 'Location: /v1',
         'Location: http://[', 'Location: file:///etc/passwd', 'Content-Length: -1', ': x',
         'Content-Length: 99999999999', 'Set-Cookie: a=b', 'X: \x80', 'Connection: keep-alive']
    )),
    max_size=3,
)  # fmt: skip


class _Server:
    """Answers each connection with the bytes it was given last, and hangs up."""

    def __init__(self) -> None:
        self.reply = b''
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.settimeout(5.0)
                    connection.recv(1 << 16)
                    connection.sendall(self.reply)
                except OSError:
                    continue

    def close(self) -> list[str]:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5.0)
        return ['the server of the fuzzer still runs'] if self._thread.is_alive() else []


def doors(folder: Path) -> Iterator[Door]:
    """Yield a client that asks a server which answers anything."""
    del folder
    server = _Server()
    model = OpenAIChat(
        base_url=f'http://127.0.0.1:{server.port}/v1', model='x', timeout_s=1.5, retries=0
    )

    def ask(reply: bytes) -> None:
        server.reply = reply
        model.complete(instruction='say', data='x', schema={'type': 'object'})

    def close() -> list[str]:
        model.close()
        return server.close()

    content = mostly(st.just('{"known": true}'), captions | data.map(json.dumps))
    whole = mostly(
        content.map(lambda said: {'choices': [{'message': {'content': said}}]}),
        data | st.fixed_dictionaries({'error': data | strange}),
    )
    yield Door(
        name='replies/http',
        inputs=st.tuples(_STATUS, _HEADERS, whole).map(_reply),
        take=ask,
        refused=(LanguageModelError,),
        close=close,
        share=0.2,
    )


def _reply(drawn: tuple[str, list[str], Any]) -> bytes:
    status, headers, value = drawn
    body = json.dumps(value).encode()
    if 'Content-Encoding: gzip' in headers:
        body = gzip.compress(body, mtime=0)
    if 'Transfer-Encoding: chunked' in headers:
        body = b'%x\r\n%s\r\n0\r\n\r\n' % (len(body), body)
    elif not any(header.startswith('Content-Length') for header in headers):
        headers = [*headers, f'Content-Length: {len(body)}']
    head = '\r\n'.join([f'HTTP/1.1 {status}', *headers])
    return head.encode('latin-1', 'replace') + b'\r\n\r\n' + body
