"""RFC 3161: what an authority says is checked before it is kept; one that is down never loses a night."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soc2_warehouse import chain
from soc2_warehouse.evidence import timestamps, verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings

from .conftest import FIRST, Authority, make_authority, night


@pytest.fixture
def stamping(home: Settings, authority: Authority) -> Settings:
    return replace(home, tsa_url=authority.url, tsa_certificates=authority.certificates)


def verified(settings: Settings) -> verify_evidence.Result:
    return verify_evidence.verify(Home(settings))


def test_a_night_is_stamped_as_openssl_verifies_it(stamping: Settings, authority: Authority) -> None:
    assert night(stamping, FIRST) == []
    folder = stamping.ledger / "seals" / "00001"
    seal = verified(stamping).seals[1]
    assert seal.timestamp and verified(stamping).problems == []
    told = subprocess.run(
        [
            *("openssl", "ts", "-verify", "-data", str(folder / "seal.json"), "-in", str(folder / "timestamp.tsr")),
            *("-CAfile", str(authority.certificates)),
        ],
        capture_output=True,
        text=True,
    )
    assert "Verification: OK" in told.stdout + told.stderr
    text = subprocess.run(
        ["openssl", "ts", "-reply", "-in", str(folder / "timestamp.tsr"), "-text"], capture_output=True, text=True
    ).stdout
    year, clock = seal.timestamp[:4], seal.timestamp[11:19]
    assert year in text and clock in text


def test_an_authority_that_is_down_is_asked_again_the_next_night(stamping: Settings, authority: Authority) -> None:
    authority.alive = False
    assert night(stamping, FIRST)[0].startswith(f"not timestamped since {FIRST}: {authority.url}: 503")
    assert night(stamping, FIRST + timedelta(days=1))[0].startswith(f"not timestamped since {FIRST}")
    assert authority.asked == 2, "one attempt a night: what is down is not asked for every seal"
    assert verified(stamping).problems == []
    assert [record["kind"] for record in chain.records(stamping)] == ["failure", "failure"]
    authority.alive = True
    assert night(stamping, FIRST + timedelta(days=2)) == []
    found = verified(stamping)
    assert found.problems == [] and all(found.seals[number].timestamp for number in (1, 2, 3))


def test_nobody_answers_at_all(home: Settings, authority: Authority) -> None:
    settings = replace(home, tsa_url="http://127.0.0.1:9/tsr", tsa_certificates=authority.certificates)
    assert night(settings, FIRST)[0].startswith(f"not timestamped since {FIRST}")
    assert verified(settings).problems == []


def test_an_answer_over_something_else_is_not_kept(stamping: Settings, authority: Authority) -> None:
    authority.other = True
    assert "does not verify" in night(stamping, FIRST)[0]
    assert not list(stamping.ledger.rglob("timestamp.tsr"))


def test_an_authority_that_is_not_the_one_trusted(stamping: Settings, tmp_path: Path) -> None:
    other = make_authority(tmp_path, "Other")
    assert "does not verify" in night(replace(stamping, tsa_certificates=other.certificates), FIRST)[0]
    assert night(stamping, FIRST + timedelta(days=1)) == []
    found = verify_evidence.verify(Home(stamping), tsa=other.certificates.read_bytes()).first
    assert found and found.file == "ledger/seals/00001/timestamp.tsr" and "not known here" in found.why


def test_without_certificates_nothing_is_asked(stamping: Settings, authority: Authority) -> None:
    assert "SOC2_TSA_CERT_FILE" in night(replace(stamping, tsa_certificates=None), FIRST)[0]
    assert authority.asked == 0


def test_only_a_certificate_for_timestamps_may_stamp(tmp_path: Path) -> None:
    """openssl would not sign with another one, so the certificate is asked alone."""
    careless = make_authority(tmp_path, "Careless")
    config = tmp_path / "tsa.cnf"
    config.write_text(config.read_text().replace("critical, timeStamping", "critical, timeStamping, serverAuth"))
    careless.run(
        *("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "3"),
        *("-days", "30", "-out", "bad.pem", "-extfile", "tsa.cnf", "-extensions", "leaf"),
    )
    read = verify_evidence.x509.load_pem_x509_certificate
    root, good, bad = (read((tmp_path / name).read_bytes()) for name in ("ca.pem", "tsa.pem", "bad.pem"))
    now = datetime.now(UTC) + timedelta(minutes=1)
    verify_evidence._trusted(good, [], now, [root])
    with pytest.raises(verify_evidence.Invalid, match="may not stamp"):
        verify_evidence._trusted(bad, [], now, [root])
    with pytest.raises(verify_evidence.Invalid, match="the certificate was not"):
        verify_evidence._trusted(good, [], now + timedelta(days=9000), [root])
    with pytest.raises(verify_evidence.Invalid, match="not known here"):
        verify_evidence._trusted(good, [good], now, [])


def test_no_byte_of_an_answer_changes_what_it_says(authority: Authority) -> None:
    """Even without the record of its hash: what an authority did not say is not believed."""
    content = b"a seal"
    answer = timestamps.fetch(authority.url, content, authority.certificates.read_bytes())
    roots = verify_evidence.x509.load_pem_x509_certificates(authority.certificates.read_bytes())
    assert verify_evidence.timestamp_time(answer, content, roots)
    with pytest.raises(verify_evidence.Invalid, match="something else"):
        verify_evidence.timestamp_time(answer, b"another seal", roots)
    said, refused = verify_evidence.timestamp_time(answer, content, roots), 0
    for at in range(len(answer)):
        changed = answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]
        try:
            # The frame around what is signed is not signed: it may change what is read in no way.
            assert verify_evidence.timestamp_time(changed, content, roots) == said, at
        except verify_evidence.Invalid:
            refused += 1
    assert refused > len(answer) * 0.9


def test_the_library_refuses_what_it_cannot_read(authority: Authority) -> None:
    with pytest.raises(timestamps.NoTimestamp, match="cannot be read"):
        timestamps.fetch(authority.url, b"x", b"no certificates")
