"""A small home with sealed nights, and its witnesses: an authority for timestamps, a bucket, a repository."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from soc2_warehouse import chain, ledger
from soc2_warehouse.evidence import witness
from soc2_warehouse.judgements import Record
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.settings import Settings, from_environment
from soc2_warehouse.sources import Envelope

FIRST = date(2026, 7, 1)


def moment(day: date, minutes: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(minutes=minutes)


def land(settings: Settings, table: str, day: date, number: int = 1) -> Receipt:
    """One landed table with its receipt."""
    landing, at, run_id = Landing(settings.landing_url), moment(day, number), f"okta.{table}-{day}-{number}"
    envelopes = [(Envelope({"id": number, "day": str(day)}, None, None), at)]
    uri, sha256, size, counts = landing.write_records("okta", table, day, run_id, envelopes)
    receipt = Receipt(
        run_id=run_id,
        source="okta",
        table_name=table,
        kind="snapshot",
        logical_date=day,
        status="complete",
        collection_method="api",
        started_at=at,
        finished_at=at,
        query="q",
        rows=counts["rows"],
        sha256=sha256,
        size_bytes=size,
        object_uri=uri,
    )
    landing.write_receipt(receipt)
    return receipt


def judge(settings: Settings, day: date) -> Record:
    """A judgement of three controls in the ledger and the chain, as ``judge.judge`` leaves it."""
    at = moment(day, 30)
    record = Record(f"judge-{day}", day, moment(day), at, moment(day, 29), "test", "demo")
    with ledger.entry(settings.ledger, day, record.run_id) as folder:
        runs = [{"control_id": f"AC-0{n}", "status": "pass", "started_at": at} for n in (1, 2, 3)]
        ledger.write_lines(folder / ledger.RUNS, runs)
        ledger.write_lines(folder / ledger.ROWS, [{"control_id": "AC-01", "entity_key": f"k{n}"} for n in range(5)])
        ledger.write_lines(folder / ledger.EVENTS, [{"exception_id": "e1", "to_state": "open", "at": at}])
        ledger.write_lines(folder / ledger.RESULTS, [{"control_id": "AC-01", "success": True}])
        ledger.write_lines(folder / ledger.DECISIONS, [])
        ledger.write_timings(folder, at, at, {})
        Landing(settings.landing_url).create(record.uri, record.to_json())
    chain.append_landed(settings, record.known_until)
    folder = settings.ledger / f"day={day}" / f"run={record.run_id}"
    chain.append_judgement(settings, folder, record.uri, at)
    return record


def night(settings: Settings, day: date) -> list[str]:
    """Land, judge, seal, stamp and anchor one night; what its evidence lacks."""
    for table in ("users", "groups"):
        land(settings, table, day)
    judge(settings, day)
    return [str(lack) for lack in witness.conclude(settings, day, moment(day, 40))]


def nights(settings: Settings, count: int = 3) -> Settings:
    for number in range(count):
        assert night(settings, FIRST + timedelta(days=number)) == []
    return settings


# A timestamping authority


@dataclass
class Authority:
    """openssl behind HTTP. alive: whether it answers; other: answers over something else; asked: how often."""

    folder: Path
    alive: bool = True
    other: bool = False
    asked: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsr"

    @property
    def certificates(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        if self.other:
            self.run("ts", "-query", "-data", "ca.pem", "-sha256", "-cert", "-out", "query.tsq")
        self.run("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query.tsq", "-out", "answer")
        return (self.folder / "answer").read_bytes()

    def run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


CONFIG = """
[tsa]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ordering = no
ess_cert_id_alg = sha256
[ca]
basicConstraints = critical, CA:true
[leaf]
basicConstraints = CA:false
extendedKeyUsage = critical, timeStamping
"""


def make_authority(folder: Path, name: str = "Test") -> Authority:
    found = Authority(folder)
    (folder / "tsa.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    found.run(
        *("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", f"/CN={name} root"),
        *("-config", "/dev/null", "-addext", "basicConstraints=critical,CA:true"),
    )
    found.run(
        "req", "-new", *curve, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA", "-config", "/dev/null"
    )
    found.run(
        *("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2"),
        *("-days", "3650", "-out", "tsa.pem", "-extfile", "tsa.cnf", "-extensions", "leaf"),
    )
    return found


@pytest.fixture(scope="session")
def served_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    found = make_authority(tmp_path_factory.mktemp("tsa"))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.asked += 1
            query = self.rfile.read(int(self.headers["Content-Length"]))
            answer = found.answer(query) if found.alive else b"out of order"
            self.send_response(200 if found.alive else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def authority(served_authority: Authority) -> Authority:
    served_authority.alive, served_authority.other, served_authority.asked = True, False, 0
    return served_authority


# A bucket


@dataclass(frozen=True)
class Bucket:
    """A bucket with Object Lock. client: boto3, as an attacker or an auditor has it too."""

    url: str
    client: object


@pytest.fixture(scope="session")
def cloud() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def aws(cloud: str) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("AWS_ENDPOINT_URL", cloud),
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            patch.setenv(name, value)
        yield cloud


def make_bucket(aws: str, name: str) -> Bucket:
    client = boto3.client("s3", endpoint_url=aws)
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return Bucket(f"s3://{name}/evidence", client)


@pytest.fixture
def bucket(aws: str, request: pytest.FixtureRequest) -> Bucket:
    return make_bucket(aws, f"anchors-{abs(hash(request.node.name))}")


# A repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone with a remote of its own, as an anchor wants it."""
    remote, clone = tmp_path / "remote.git", tmp_path / "anchors"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    subprocess.run(["git", "init", "--quiet", str(clone)], check=True)
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", str(remote)], check=True)
    return clone


@pytest.fixture(scope="session")
def witnessed_once(served_authority: Authority, aws: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three nights, sealed, stamped and anchored in a bucket. Nobody may write into it."""
    settings = from_environment({"SOC2_HOME": str(tmp_path_factory.mktemp("witnessed"))})
    found = replace(
        settings,
        tsa_url=served_authority.url,
        tsa_certificates=served_authority.certificates,
        anchors=(make_bucket(aws, "witnessed").url,),
        retention_days=30,
    )
    return nights(found)


@pytest.fixture
def witnessed(witnessed_once: Settings, home: Settings) -> Settings:
    """The same nights in a home of the test's own; the bucket is shared."""
    shutil.copytree(witnessed_once.home, home.home)
    return replace(witnessed_once, home=home.home, landing_url=home.landing_url)
