"""A captioning endpoint that tells what a picture shows by its colour, and can be taken away."""

from __future__ import annotations

import base64
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import threading
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ['PLACES', 'Endpoint', 'picture_of']

#: What is seen at each place of the round.
PLACES = (
    ('kitchen', ('oven', 'sink', 'mug')),
    ('hall', ('plant', 'coat rack')),
    ('bathroom', ('bathtub', 'towel')),
    ('bedroom', ('bed', 'lamp')),
    ('office', ('desk', 'printer', 'monitor')),
    ('living room', ('sofa', 'television')),
    ('laundry room', ('washing machine', 'basket')),
    ('workshop', ('workbench', 'vise')),
)
_STEP = 255 // len(PLACES)


def picture_of(place: int, height: int = 24, width: int = 32) -> NDArray[np.uint8]:
    """Return an (H, W, 3) RGB picture of a place."""
    return np.full((height, width, 3), _STEP * place + _STEP // 2, np.uint8)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        url = request['messages'][-1]['content'][-1]['image_url']['url']
        jpeg = np.frombuffer(base64.b64decode(url.partition(',')[2]), np.uint8)
        picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert picture is not None
        grey = float(picture.mean())
        room, things = PLACES[min(int(grey // _STEP), len(PLACES) - 1)]
        said = {'caption': f'A {room} with {" and ".join(things)}.', 'objects': list(things)}
        message = {'role': 'assistant', 'content': json.dumps(said)}
        body = json.dumps({'choices': [{'message': message}]}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as the base names it
        """Say nothing."""


class Endpoint:
    """An OpenAI-compatible server on a port of this machine; ``down`` ends it, ``up`` begins."""

    def __init__(self) -> None:
        """Choose a port, and listen."""
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.up()

    @property
    def base_url(self) -> str:
        """Where it is asked."""
        return f'http://127.0.0.1:{self._port}/v1'

    def up(self) -> None:
        """Answer; a second call does nothing."""
        if self._server is None:
            self._server = ThreadingHTTPServer(('127.0.0.1', self._port), _Handler)
            self._server.daemon_threads = True
            self._port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def down(self) -> None:
        """Refuse every connection; a second call does nothing."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
