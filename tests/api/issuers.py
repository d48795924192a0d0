"""An OpenID provider of the tests: real key pairs, published over a socket of this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "https://books.example"
Pair = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Issuer:
    """Signs tokens and publishes the keys that prove them; ``asked`` counts who looked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pairs: dict[str, Pair] = {}
        self.asked = 0

    def rotate(self, number: str, pair: Pair) -> None:
        """Publish one more key."""
        self.pairs[number] = pair

    def published(self) -> dict[str, Any]:
        """The key set."""
        self.asked += 1
        made = []
        for number, pair in self.pairs.items():
            public = pair.public_key()
            form = RSAAlgorithm if isinstance(pair, rsa.RSAPrivateKey) else ECAlgorithm
            told = form.to_jwk(public, as_dict=True)
            made.append({**told, "kid": number, "use": "sig"})
        return {"keys": made}

    def token(
        self,
        number: str,
        *,
        algorithm: str = "RS256",
        pair: Any = None,
        headers: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A token good for five minutes, changed by ``claims``; None leaves one out."""
        now = int(time.time())
        told = {"iss": self.url, "aud": AUDIENCE, "sub": "u-1", "iat": now, "exp": now + 300}
        left = {name: value for name, value in {**told, **claims}.items() if value is not None}
        key = self.pairs.get(number) if pair is None else pair
        return jwt.encode(left, key, algorithm, headers={"kid": number, **(headers or {})})


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {
                "/.well-known/openid-configuration": lambda: {"jwks_uri": f"{made.url}/keys"},
                "/keys": made.published,
            }.get(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            if found is not None:
                self.wfile.write(json.dumps(found()).encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
