# SPDX-License-Identifier: MIT
"""A small server of OAuth 2 for tests, on loopback with TLS.

It has an authorization page that agrees at once, a device login, tokens,
revocation and introspection (RFC 6749, 7636, 8628, 7009, 7662), for one client
and one user.

    with OAuth(pair) as server:
        server.url("/token") ...

What it does wrong, or unusually, is told by attributes:

    lifetime       seconds of an access token
    rotate         every refresh gives another refresh token; the old one then
                   does not count, unless `grace`
    device_answers a list of errors that polls get, before the token
    answers        a dict path -> Answer, octets, None or function(request),
                   in place of its own
"""

import base64
import dataclasses
import hashlib
import json
import secrets
import urllib.parse

from web import Answer, Web

CLIENT, SECRET, USER = "the-client", "the/secret+&=", "demo"
SCOPE = "mail offline"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def reply(status=200, **fields):
    return Answer(json.dumps(fields).encode(), status)


def refuse(error, status=400, **fields):
    return reply(status, error=error, **fields)


@dataclasses.dataclass
class Code:
    challenge: str
    redirect_uri: str


class OAuth(Web):
    def __init__(self, pair, secret=None):
        super().__init__(pair, self._route)
        self.secret = secret
        self.lifetime = 3600
        self.rotate = False
        self.grace = False
        self.device_answers = []
        self.answers = {}
        self.access = set()     # tokens that are good
        self.refresh = set()
        self.given = []         # every secret that ever went out
        self.codes = {}
        self.device_codes = set()

    def config(self):
        """The keys of an account that lead here."""
        return {"oauth-authorization-url": self.url("/authorize"),
                "oauth-device-url": self.url("/device"),
                "oauth-token-url": self.url("/token"),
                "oauth-scope": SCOPE, "oauth-client-id": CLIENT}

    def count(self, path):
        return sum(request.path == path for request in self.requests)

    def make(self, kind):
        token = f"{kind}-{secrets.token_urlsafe(24)}"
        self.given.append(token)
        return token

    def tokens(self, refresh=None, **fields):
        """A new access token, and a refresh token unless one stays."""
        access = self.make("access")
        self.access.add(access)
        if refresh is None or self.rotate:
            if refresh is not None and not self.grace:
                self.refresh.discard(refresh)
            fields["refresh_token"] = self.make("refresh")
            self.refresh.add(fields["refresh_token"])
        return reply(access_token=access, token_type="Bearer",
                     expires_in=self.lifetime, scope=SCOPE, **fields)

    def _route(self, request):
        own = {"/authorize": self._authorize, "/device": self._device,
               "/token": self._token, "/revoke": self._revoke,
               "/introspect": self._introspect}
        answer = self.answers.get(request.path, own.get(request.path))
        if callable(answer):
            answer = answer(request)
        return answer

    # ---- the browser's side ------------------------------------------------

    def _authorize(self, request):
        query = request.query
        assert query["response_type"] == "code", query
        assert query["client_id"] == CLIENT, query
        assert query["code_challenge_method"] == "S256", query
        assert query["scope"] == SCOPE and query["state"], query
        code = self.make("code")
        self.codes[code] = Code(query["code_challenge"],
                                query["redirect_uri"])
        back = urllib.parse.urlencode({"code": code, "state": query["state"]})
        return Answer(status=302, headers=(
            ("Location", f"{query['redirect_uri']}/?{back}"),))

    # ---- the client's side -------------------------------------------------

    def _is_client(self, form):
        return (form.get("client_id") == CLIENT and
                form.get("client_secret") == self.secret)

    def _device(self, request):
        if not self._is_client(request.form):
            return refuse("invalid_client", 401)
        code = self.make("device")
        self.device_codes.add(code)
        return reply(device_code=code, user_code="WDJB-MJHT",
                     verification_uri=self.url("/type-it"), interval=1,
                     expires_in=600)

    def _token(self, request):
        form = request.form
        kinds = {"authorization_code": self._by_code,
                 "refresh_token": self._by_refresh, DEVICE: self._by_device}
        if not self._is_client(form):
            return refuse("invalid_client", 401)
        kind = kinds.get(form.get("grant_type"))
        return kind(form) if kind else refuse("unsupported_grant_type")

    def _by_code(self, form):
        code = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (code is None or code.challenge != challenge or
                code.redirect_uri != form["redirect_uri"]):
            return refuse("invalid_grant")
        return self.tokens()

    def _by_refresh(self, form):
        if form["refresh_token"] not in self.refresh:
            return refuse("invalid_grant",
                          error_description="Token has been expired")
        return self.tokens(form["refresh_token"])

    def _by_device(self, form):
        if form["device_code"] not in self.device_codes:
            return refuse("invalid_grant")
        if self.device_answers:
            return refuse(self.device_answers.pop(0))
        self.device_codes.discard(form["device_code"])
        return self.tokens()

    def _revoke(self, request):
        self.refresh.discard(request.form["token"])
        return Answer()

    def _introspect(self, request):
        """For a POP3 server: as Dovecot asks it."""
        token = request.form.get("token") or request.query.get("token")
        if token not in self.access:
            return reply(active=False)
        return reply(active=True, username=USER, scope=SCOPE, client_id=CLIENT)
