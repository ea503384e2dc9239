"""The sandbox company's public names: a server that speaks plain HTTP, and real TLS servers with certificates of a CA
of their own, all on loopback ports. What each accepts is what the cloud's configuration of it says.

One set of TLS servers at a time: a new one closes the one before.
"""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import tempfile
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Response, request

from soc2_warehouse.connections import Connection
from soc2_warehouse.sandbox import notices
from soc2_warehouse.sandbox.aws import edge
from soc2_warehouse.sandbox.aws.cloud import Dated, at, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.wire import Wire, create_wire

YEAR = "max-age=31536000"
#: Nothing listens on this port.
CLOSED = "127.0.0.1:1"


@dataclass(frozen=True)
class Site:
    """How a name answers. redirect: where plain HTTP leads (None: it serves content). hsts: the header on pages, and
    whether on errors too. oldest: oldest version of TLS. addresses: how many it has.
    """

    redirect: Dated[str | None]
    hsts: str | None = YEAR
    on_errors: bool = True
    oldest: Dated[str] = ((ALWAYS, "TLSv1_2"),)
    valid_until: Dated[str] = ((ALWAYS, "2027-03-01"),)
    addresses: int = 1
    has_port_80: bool = True


def _home(name: str) -> Dated[str | None]:
    return ((ALWAYS, f"https://{name}/"),)


SITES: dict[str, Site] = {
    "app.acme.example": Site(_home("app.acme.example"), hsts="max-age=63072000; includeSubDomains", addresses=2),
    # Plain HTTP was served beside HTTPS; browsers remember HTTPS for five minutes.
    "docs.acme.example": Site(
        ((ALWAYS, None), (moment("2026-07-04T12:00"), "https://docs.acme.example/")), hsts="max-age=300"
    ),
    "api.acme.example": Site(((ALWAYS, None),), has_port_80=False),
    # The header was set on pages and forgotten on errors.
    "hooks.acme.example": Site(
        _home("hooks.acme.example"), on_errors=False, oldest=((ALWAYS, "TLSv1"), (edge.HOOKS_FIXED, "TLSv1_2"))
    ),
    # Leads to another name, so the first one is never remembered as HTTPS only.
    "partners.acme.example": Site(
        ((ALWAYS, "https://www.acme.example/partners"),), oldest=((ALWAYS, "TLSv1"), (edge.PARTNERS_FIXED, "TLSv1_2"))
    ),
    "careers.acme.example": Site(
        _home("careers.acme.example"), valid_until=((ALWAYS, "2026-07-12"), (moment("2026-07-05T06:00"), "2026-10-10"))
    ),
    # wiki.acme.example is registered and answers nobody.
}


class TlsServers:
    """A thread for each address of each site; certificates are made for the moment at which somebody connects."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._folder = tempfile.TemporaryDirectory(prefix="soc2-sandbox-tls-")
        self.folder = Path(self._folder.name)
        self._authority = _key_and_certificate("Acme sandbox CA", None, moment("2036-01-01"))
        self.ca_file = self.folder / "ca.pem"
        self.ca_file.write_bytes(_pem(self._authority[1]))
        self._contexts: dict[tuple[str, str, str], ssl.SSLContext] = {}
        self._making = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.ports: dict[str, list[str]] = {}
        for name, site in SITES.items():
            for number in range(site.addresses):
                listening = socket.create_server((f"127.0.0.{number + 1}", 0))
                self._sockets.append(listening)
                host, port = listening.getsockname()[:2]
                self.ports.setdefault(name, []).append(f"{host}:{port}")
                threading.Thread(target=self._serve, args=(listening, name), daemon=True).start()

    def close(self) -> None:
        for listening in self._sockets:
            listening.close()
        self._folder.cleanup()

    def _serve(self, listening: socket.socket, name: str) -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:  # closed
                return
            plain.settimeout(5)
            try:
                with self._context(name).wrap_socket(plain, server_side=True) as secure:
                    self._answer(secure, name)
            except OSError:  # a version that is not offered, a client that only shook hands
                plain.close()

    def _answer(self, secure: ssl.SSLSocket, name: str) -> None:
        site, asked = SITES[name], b""
        while b"\r\n\r\n" not in asked:
            part = secure.recv(4096)
            if not part:
                return
            asked += part
        path = asked.split()[1].decode()
        body = notices.page(name, path, self.now())
        is_page = path == "/" or body is not None
        content = (body or "").encode()
        lines = [
            f"HTTP/1.1 {'200 OK' if is_page else '404 Not Found'}",
            "Content-Type: text/html; charset=utf-8",
            f"Content-Length: {len(content)}",
            "Connection: close",
        ]
        if site.hsts and (is_page or site.on_errors):
            lines.append(f"Strict-Transport-Security: {site.hsts}")
        secure.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + content)

    def _context(self, name: str) -> ssl.SSLContext:
        site, now = SITES[name], self.now()
        key = (name, at(site.oldest, now), at(site.valid_until, now))
        with self._making:
            if key not in self._contexts:
                self._contexts[key] = self._made(*key)
            return self._contexts[key]

    def _made(self, name: str, oldest: str, valid_until: str) -> ssl.SSLContext:
        private, certificate = _key_and_certificate(name, self._authority, moment(valid_until))
        file = self.folder / f"{name}-{valid_until}.pem"
        file.write_bytes(_pem(private) + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion[oldest]
        return context


def _key_and_certificate(name: str, authority: Any, until: datetime) -> tuple[Any, Any]:
    """A key and its certificate, signed by ``authority``, or by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, issuer = (authority[0], authority[1].subject) if authority else (key, subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - dt.timedelta(days=3650 if authority is None else 397))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
    )
    if authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return key, builder.sign(signer, hashes.SHA256())


def _pem(thing: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    if hasattr(thing, "private_bytes"):
        found: bytes = thing.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return found
    return bytes(thing.public_bytes(serialization.Encoding.PEM))


_running: list[TlsServers] = []


def create_app(company: Company, now: Callable[[], datetime]) -> Wire:
    """The server of plain HTTP, for every name; the TLS servers start beside it."""
    while _running:
        _running.pop().close()
    _running.append(TlsServers(now))
    app = create_wire("web", now, lambda: "anybody", ("anybody",))

    @app.get("/")
    def page() -> Response:
        site = SITES.get(request.host)
        target = at(site.redirect, now()) if site else None
        if target:
            return Response("", status=301, headers={"Location": target})
        return Response("welcome")

    return app


def connection(url: str) -> Connection:
    """What leads to the servers, as DNS would."""
    plain = url.removeprefix("http://")
    servers = _running[-1]
    connect_to = {f"{name}:443": servers.ports.get(name, [CLOSED]) for name in edge.HOSTS}
    connect_to |= {f"{n}:80": [plain if n in SITES and SITES[n].has_port_80 else CLOSED] for n in edge.HOSTS}
    return Connection("tls_probe_default", "generic", extra={"ca_file": str(servers.ca_file), "connect_to": connect_to})
