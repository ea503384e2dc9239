"""Registered public host names, asked as any client would: real TLS handshakes, and answers over HTTP and HTTPS.

The privacy notices of the register ``privacy_notices`` are fetched, too, and landed as the text that a reader sees.

Needs no permission, only a way out: run it where it sees what the public sees, else split-horizon DNS gives false
comfort. The names are the register ``endpoints`` at the commit that ``registers_default`` leads to.

Connection ``tls_probe_default``: nothing is needed in it. extra: ``ca_file`` trusts these authorities instead of the
system's; ``connect_to`` ``{"host:443": ["address:port", …]}`` connects there instead of to what DNS says.

Cannot see: SSLv2 and SSLv3 (today's OpenSSL does not speak them), every cipher (the one that is agreed on is told), and
whether a certificate was revoked. A name that does not resolve or answer has a row that says so. Each night a few
connections a name: five handshakes an address, three requests.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from soc2_warehouse.connections import Connection, find
from soc2_warehouse.registers import registers
from soc2_warehouse.registers.reading import read as read_file
from soc2_warehouse.sources import Envelope, Read, table
from soc2_warehouse.sources import registers as register_source

SOURCE = "tls_probe"
CONNECTION = "tls_probe_default"
CONCURRENCY = 8
TIMEOUT_SECONDS = 10
LARGEST_PAGE_BYTES = 2_000_000
#: A page that exists, and one that does not: a header set on pages only is missing on the error.
PATHS = ("/", "/.well-known/soc2-warehouse-probe")
VERSIONS = {"TLSv1": "TLSv1", "TLSv1.1": "TLSv1_1", "TLSv1.2": "TLSv1_2", "TLSv1.3": "TLSv1_3"}
#: OpenSSL's flag for "do not look at the dates": when a certificate ends is judged as of the logical day.
NO_CHECK_TIME = 0x200000
NAME_MISMATCH = (62, 64)


class Probe:
    """Where to connect, and the contexts to shake hands with; both are safe to share between threads."""

    def __init__(self, connection: Connection) -> None:
        self.checkout = register_source.client(find(register_source.CONNECTION))
        self.connect_to: dict[str, Any] = dict(connection.extra.get("connect_to") or {})
        ca_file = connection.extra.get("ca_file")
        self.calls = 0
        self._lock = threading.Lock()
        with warnings.catch_warnings():  # whether old versions are offered can only be asked by offering them
            warnings.simplefilter("ignore", DeprecationWarning)
            self.each_version = {name: _context(version) for name, version in VERSIONS.items()}
            self.any_version = _context()
        self.verifying = ssl.create_default_context(cafile=ca_file)
        self.verifying.verify_flags = ssl.VerifyFlags(int(self.verifying.verify_flags) | NO_CHECK_TIME)

    def hostnames(self, read: Read) -> list[str]:
        """Names of the register, once each. Raises LookupError when the register is not there."""
        return sorted({str(row["hostname"]).lower() for row in self.registered("endpoints", read)})

    def registered(self, name: str, read: Read) -> list[dict[str, Any]]:
        """Rows of a register without those that cannot be read. Raises LookupError when the register is not there."""
        register = registers()[name]
        path = self.checkout.file(register.name)
        content = read_file(register, path.rpartition("/")[2], self.checkout.content(path))
        read.parameter("commit", self.checkout.commit)
        for problem in content.problems:
            read.incomplete(problem)
        return [dict(row.values) for row in content.rows if not row.problems]

    def addresses(self, hostname: str, port: int) -> list[tuple[str, int]]:
        """Every address behind a name. Raises OSError when it does not resolve."""
        mapped = self.connect_to.get(f"{hostname}:{port}")
        if mapped is not None:
            return [(where.rpartition(":")[0], int(where.rpartition(":")[2])) for where in mapped]
        found = socket.getaddrinfo(hostname, port, type=socket.SOCK_STREAM)
        return sorted({(str(item[4][0]), port) for item in found})

    def connect(self, address: tuple[str, int]) -> socket.socket:
        with self._lock:
            self.calls += 1
        return socket.create_connection(address, TIMEOUT_SECONDS)

    def shake(self, context: ssl.SSLContext, hostname: str, address: tuple[str, int]) -> ssl.SSLSocket:
        """A finished handshake. Raises OSError (ssl.SSLError is one)."""
        plain = self.connect(address)
        try:
            return context.wrap_socket(plain, server_hostname=hostname)
        except BaseException:
            plain.close()
            raise


def _context(version: str | None = None) -> ssl.SSLContext:
    """A context that trusts anybody and accepts old ciphers: it asks, it does not judge."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion[version or "TLSv1"]
    if version:
        context.maximum_version = ssl.TLSVersion[version]
    return context


def client(connection: Connection) -> Probe:
    return Probe(connection)


def calls(client: Probe) -> int:
    return client.calls


@table(kind="snapshot", key=("Hostname", "ipAddress"), query="TLS handshakes with each address of each registered name")
def handshakes(client: Probe, read: Read) -> Iterator[Any]:
    for rows in read.each(client.hostnames(read), lambda hostname: _handshakes(client, read, hostname)):
        yield from rows


def _handshakes(client: Probe, read: Read, hostname: str) -> list[Envelope]:
    read.page(1)
    try:
        addresses = client.addresses(hostname, 443)
    except OSError as error:
        return [read.answer({"ipAddress": None, "status": "ERROR", "statusMessage": _said(error)}, Hostname=hostname)]
    return [read.answer(_handshake(client, hostname, address), Hostname=hostname) for address in addresses]


def _handshake(client: Probe, hostname: str, address: tuple[str, int]) -> dict[str, Any]:
    from cryptography import x509

    found: dict[str, Any] = {"ipAddress": address[0], "status": "READY", "statusMessage": None}
    try:
        with client.shake(client.any_version, hostname, address) as secure:
            agreed, cipher, der = secure.version(), secure.cipher(), secure.getpeercert(binary_form=True)
        offered = [agreed]
        for name, context in client.each_version.items():
            if name != agreed and _is_offered(client, context, hostname, address):
                offered.append(name)
        verdict = _verified(client, hostname, address)
    except OSError as error:
        return found | {"status": "ERROR", "statusMessage": _said(error)}
    certificate = x509.load_der_x509_certificate(der or b"")
    return (
        found
        | {"protocols": sorted(str(name) for name in offered), "cipher": cipher[0] if cipher else None}
        | verdict
        | {
            "certificate": {
                "subject": certificate.subject.rfc4514_string(),
                "issuer": certificate.issuer.rfc4514_string(),
                "notBefore": certificate.not_valid_before_utc.isoformat(),
                "notAfter": certificate.not_valid_after_utc.isoformat(),
            }
        }
    )


def _is_offered(client: Probe, context: ssl.SSLContext, hostname: str, address: tuple[str, int]) -> bool:
    """Whether a handshake with this version succeeds. Raises OSError when nothing is heard: no answer is no refusal."""
    try:
        client.shake(context, hostname, address).close()
    except (ssl.SSLError, ConnectionResetError, BrokenPipeError):
        return False
    return True


def _verified(client: Probe, hostname: str, address: tuple[str, int]) -> dict[str, Any]:
    try:
        client.shake(client.verifying, hostname, address).close()
    except ssl.SSLCertVerificationError as error:
        mismatch = error.verify_code in NAME_MISMATCH
        return {"isTrusted": mismatch, "nameMatches": not mismatch, "verifyMessage": error.verify_message}
    except ssl.SSLError:  # only old versions are offered: nobody who verifies can connect
        return {"isTrusted": None, "nameMatches": None, "verifyMessage": "no version or cipher in common"}
    return {"isTrusted": True, "nameMatches": True, "verifyMessage": None}


@table(kind="snapshot", key=("Hostname",), query="GET / over HTTP, GET / and a page that does not exist over HTTPS")
def answers(client: Probe, read: Read) -> Iterator[Any]:
    def one(hostname: str) -> Envelope:
        read.page(1)
        plain = _get(client, hostname, 80, "/")
        return read.answer(
            {"http": plain, "https": [_get(client, hostname, 443, path) for path in PATHS]}, Hostname=hostname
        )

    yield from read.each(client.hostnames(read), one)


@table(kind="snapshot", key=("NoticeId",), query="GET of each registered privacy notice over HTTPS")
def notices(client: Probe, read: Read) -> Iterator[Any]:
    def one(notice: dict[str, Any]) -> Envelope:
        read.page(1)
        url = urlsplit(str(notice["url"]))
        if url.scheme != "https" or not url.hostname:
            found = {"status": None, "error": f"{notice['url']!r} is no address that begins with https://"}
        else:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            found = _notice(client, url.hostname, url.port or 443, path)
        return read.answer(found, NoticeId=notice["notice_id"], Url=notice["url"])

    yield from read.each(sorted(client.registered("privacy_notices", read), key=lambda row: str(row["notice_id"])), one)


def _notice(client: Probe, hostname: str, port: int, path: str) -> dict[str, Any]:
    """Status, and the text without what surrounds it on every page: menus and footers change, the notice does not."""
    from bs4 import BeautifulSoup

    try:
        with client.shake(client.verifying, hostname, client.addresses(hostname, port)[0]) as connected:
            answer = _asked(connected, hostname, path)
            if answer.status != 200:
                return {"status": answer.status}
            page = BeautifulSoup(answer.read(LARGEST_PAGE_BYTES), "html.parser")
    except (OSError, http.client.HTTPException) as error:
        return {"status": None, "error": _said(error)}
    for aside in page(["script", "style", "nav", "header", "footer"]):
        aside.decompose()
    text = " ".join((page.find("main") or page).get_text(" ").split())
    return {"status": 200, "contentSha256": hashlib.sha256(text.encode()).hexdigest(), "text": text}


def _get(client: Probe, hostname: str, port: int, path: str) -> dict[str, Any]:
    """Status and the headers that matter of one GET; redirects are told, not followed."""
    try:
        address = client.addresses(hostname, port)[0]
        connected = client.shake(client.any_version, hostname, address) if port == 443 else client.connect(address)
        with connected:
            answer = _asked(connected, hostname, path)
            return {
                "path": path,
                "status": answer.status,
                "location": answer.getheader("Location"),
                "hsts": answer.headers.get_all("Strict-Transport-Security") or [],
            }
    except (OSError, http.client.HTTPException) as error:
        return {"path": path, "status": None, "error": _said(error)}


def _asked(connected: socket.socket, hostname: str, path: str) -> http.client.HTTPResponse:
    """The answer to one GET over an open connection. Raises OSError, http.client.HTTPException."""
    connected.settimeout(TIMEOUT_SECONDS)
    asking = http.client.HTTPConnection(hostname)
    asking.sock = connected
    asking.request("GET", path, headers={"User-Agent": "soc2-warehouse-probe", "Connection": "close"})
    return asking.getresponse()


def _said(error: Exception) -> str:
    """What went wrong, in one of few words, or the error's own."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, socket.gaierror):
        return "no such name"
    return f"{type(error).__name__}: {error}"[:200]
