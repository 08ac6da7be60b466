"""An OpenID Connect provider on 127.0.0.1: real requests and signatures, mistakes on demand."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "relay-client", "relay-client-secret"


class IdentityProvider:
    """Signs whom it is told to sign; `claims` and `broken` change what it says."""

    def __init__(self, now: Any) -> None:
        self.now = now
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.sign_with = self.key
        self.algorithm = "RS256"
        self.answer: tuple[int, bytes] | None = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def come_back(self, address: str) -> dict[str, str]:
        """The person signs in here: what the browser brings back to the relay."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def get(self, handler: Any) -> None:
        if handler.path.endswith("/openid-configuration"):
            told = {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
            self._say(handler, told | self.metadata)
        else:
            self._say(handler, KeySet([self.key]).as_dict(private=False))

    def post(self, handler: Any) -> None:
        size = int(handler.headers["Content-Length"])
        given = {name: one[0] for name, one in parse_qs(handler.rfile.read(size).decode()).items()}
        self.asked.append((handler.headers.get("Authorization", ""), given))
        asked = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge:
            self._say(handler, {"error": "invalid_grant"}, 400)
            return
        self._say(handler, {"access_token": "a", "token_type": "Bearer",
                            "id_token": self.token(asked["nonce"])})  # fmt: skip

    def token(self, nonce: str) -> str:
        now = int(self.now().timestamp())
        told = {
            "iss": self.url, "aud": CLIENT, "sub": "sub-1", "nonce": nonce, "iat": now,
            "exp": now + 300, "email": "vera@corp.example", "email_verified": True,
        } | self.claims  # fmt: skip
        told = {name: value for name, value in told.items() if value is not None}
        if self.algorithm == "none":
            parts = [{"alg": "none"}, told]
            coded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=")
                     for p in parts]  # fmt: skip
            return ".".join([*coded, ""])
        header = {"alg": self.algorithm, "kid": "one"}
        key: Any = self.sign_with
        if self.algorithm == "HS256":
            key = OctKey.import_key(self.key.as_pem(private=False))
        return jwt.encode(header, told, key, algorithms=[self.algorithm])

    def _say(self, handler: Any, told: Any, status: int = 200) -> None:
        status, body = self.answer or (status, json.dumps(told).encode())
        handler.send_response(status)
        if status == 302:
            handler.send_header("Location", body.decode())
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
