"""Who signs: a key of this home or of the environment, and how a new one becomes known."""

from __future__ import annotations

import json
import stat
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from soc2_warehouse.evidence import keys, seals, verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings, from_environment

from .conftest import FIRST, judge, night, nights


def days(number: int) -> timedelta:
    return timedelta(days=number)


def key_file(folder: Path, name: str, form: PrivateFormat = PrivateFormat.PKCS8) -> Path:
    path = folder / name
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, form, NoEncryption()))
    return path


def verified(settings: Settings) -> verify_evidence.Result:
    return verify_evidence.verify(Home(settings))


def test_a_key_is_made_on_first_use_and_is_its_owners_alone(home: Settings) -> None:
    nights(home, 2)
    file = home.keys / keys.SIGNING
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700
    (public,) = (home.ledger / "keys").iterdir()
    told = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(public), "-outform", "DER"], capture_output=True, check=True
    ).stdout
    assert public.stem == verify_evidence.sha256(told)
    assert [seal.signers for seal in verified(home).seals.values()] == [(public.stem,)] * 2
    private = file.read_bytes().splitlines()[1]
    assert not [path for path in home.ledger.rglob("*") if path.is_file() and private in path.read_bytes()]


def test_other_tools_accept_the_envelope(home: Settings) -> None:
    """DSSE over in-toto, as securesystemslib reads and verifies it."""
    nights(home, 1)
    envelope = Envelope.from_dict(json.loads((home.ledger / "seals" / "00001" / "seal.json").read_text()))
    ((keyid, pem),) = verify_evidence.public_keys(Home(home)).items()
    assert set(envelope.verify([SSlibKey.from_crypto(load_pem_public_key(pem), keyid)], 1)) == {keyid}
    statement = json.loads(envelope.payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"][0]["digest"]["sha256"] == statement["predicate"]["head"]


def test_a_new_key_of_this_home_is_signed_for_by_the_old_one(home: Settings) -> None:
    nights(home, 2)
    old = seals.load(home.ledger, 2).signers
    new = keys.rotate(home)
    assert night(home, FIRST + days(2)) == [] and night(home, FIRST + days(3)) == []
    assert seals.load(home.ledger, 3).signers == (new, *old)
    assert seals.load(home.ledger, 4).signers == (new,)
    found = verified(home)
    assert found.problems == [], "old days verify with the old public key"
    assert {seal.signers for seal in found.seals.values()} == {old, (new, *old), (new,)}
    trusted = {name: pem for name, pem in verify_evidence.public_keys(Home(home)).items() if name in old}
    assert verify_evidence.verify(Home(home), keys=trusted).problems == [], "who knows the first key knows the next"


def test_keys_of_the_environment_are_exchanged_with_both_for_a_night(home: Settings, tmp_path: Path) -> None:
    one, two = key_file(tmp_path, "one.pem"), key_file(tmp_path, "two.pem", PrivateFormat.OpenSSH)
    for number, signing in enumerate([(one,), (two, one), (two,)]):
        assert night(replace(home, signing_keys=signing), FIRST + days(number)) == []
    assert verified(home).problems == []
    assert not home.keys.exists()
    with pytest.raises(keys.KeyProblem, match="SOC2_SIGNING_KEY_FILE"):
        keys.rotate(replace(home, signing_keys=(two,)))


def test_a_new_key_that_nobody_signed_for(home: Settings, tmp_path: Path) -> None:
    one, two = key_file(tmp_path, "one.pem"), key_file(tmp_path, "two.pem")
    night(replace(home, signing_keys=(one,)), FIRST)
    night(replace(home, signing_keys=(two,)), FIRST + days(1))
    found = verified(home).first
    assert found and (found.file, found.code) == ("ledger/seals/00002/seal.json", "SIGNATURE_INVALID")
    assert "new key" in found.why and found.expected != found.found


@pytest.mark.parametrize("content", [None, b"no key", "rsa"], ids=["missing", "no key", "another kind"])
def test_a_key_that_cannot_be_used_does_not_lose_the_night(
    home: Settings, tmp_path: Path, content: bytes | str | None
) -> None:
    file = tmp_path / "key.pem"
    if content == "rsa":
        rsa = generate_private_key(65537, 2048)
        content = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if isinstance(content, bytes):
        file.write_bytes(content)
    lacks = night(replace(home, signing_keys=(file,)), FIRST)
    assert len(lacks) == 1 and lacks[0].startswith(f"not signed since {FIRST}: ") and str(file) in lacks[0]
    assert night(home, FIRST + days(1)) == []
    found = verified(home)
    assert found.problems == [] and found.seals[1].first_seq == 1, "the next signature covers the night, too"


def test_what_the_environment_says(tmp_path: Path) -> None:
    found = from_environment(
        {
            "SOC2_HOME": str(tmp_path),
            "SOC2_SIGNING_KEY_FILE": "/k/new.pem:/k/old.pem",
            "SOC2_TSA_URL": "http://tsa",
            "SOC2_TSA_CERT_FILE": "/k/tsa.pem",
            "SOC2_ANCHOR": "s3://a/b s3://c",
            "SOC2_ANCHOR_GIT": "/r",
            "SOC2_ANCHOR_RETENTION_DAYS": "7",
        }
    )
    assert found.signing_keys == (Path("/k/new.pem"), Path("/k/old.pem"))
    assert found.anchors == ("s3://a/b", "s3://c", "git:/r")
    assert (found.tsa_url, found.tsa_certificates, found.retention_days) == ("http://tsa", Path("/k/tsa.pem"), 7)
    for name, value in (("SOC2_ANCHOR", "/a/folder"), ("SOC2_ANCHOR_RETENTION_DAYS", "a year")):
        with pytest.raises(ValueError, match=name):
            from_environment({"SOC2_HOME": str(tmp_path), name: value})


def test_a_damaged_chain_is_not_signed(home: Settings) -> None:
    nights(home, 1)
    file = home.ledger / "chain.jsonl"
    judge(home, FIRST + days(1))
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:-2], b"no entry\n", lines[-1]]))
    assert "not signed" in str(night(home, FIRST + days(2))[0])
    found = verified(home).first
    assert found and (found.seq, found.code) == (len(lines) - 1, "CHAIN_BROKEN")
