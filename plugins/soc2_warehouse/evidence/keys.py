"""Keys that sign the evidence: Ed25519, given by the environment or made on first use.

A new key is known to whoever verifies because the one before it signs the first seal of the new one, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from soc2_warehouse.evidence.verify_evidence import fingerprint
from soc2_warehouse.settings import Settings

SIGNING = "signing.pem"


class KeyProblem(ValueError):
    """A key cannot be used; the message says which file and why."""


def signers(settings: Settings, signed_before: Iterable[str]) -> list[CryptoSigner]:
    """Who signs tonight: the current key first, then those that vouch for it.

    signed_before: fingerprints of the keys that signed the seal before. Raises KeyProblem.
    """
    if settings.signing_keys:
        return [_signer(_load(path)) for path in settings.signing_keys]
    current = _signer(_load(made(settings)))
    before = set(signed_before)
    if not before or current.public_key.keyid in before:
        return [current]
    retired = [_signer(_load(path)) for path in sorted(settings.keys.glob("retired-*.pem"))]
    return [current, *(signer for signer in retired if signer.public_key.keyid in before)]


def made(settings: Settings) -> Path:
    """The key file of this home, made when there is none; only its owner can read it."""
    path = settings.keys / SIGNING
    if not path.exists():
        settings.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(handle)
    return path


def rotate(settings: Settings) -> str:
    """Retire the key of this home and make another. Returns its fingerprint; the next seal is signed by both.

    Raises KeyProblem when the environment gives the key: then it is changed there.
    """
    if settings.signing_keys:
        raise KeyProblem("SOC2_SIGNING_KEY_FILE gives the key: put the new file before the old one for one night")
    old = made(settings)
    keyid = _signer(_load(old)).public_key.keyid
    old.rename(settings.keys / f"retired-{keyid}.pem")
    keyid = _signer(_load(made(settings))).public_key.keyid
    return str(keyid)


def public_pem(signer: CryptoSigner) -> bytes:
    return _key(signer).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def openssh(path: Path) -> bytes:
    """A private key as ssh-keygen reads it."""
    return _load(path).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _key(signer: CryptoSigner) -> Ed25519PrivateKey:
    key = load_pem_private_key(signer.private_bytes, None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        content = path.read_bytes()
        key = (load_ssh_private_key if b"OPENSSH" in content else load_pem_private_key)(content, None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyProblem(f"the signing key {path} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem(f"the signing key {path} is not an Ed25519 key")
    return key


def _signer(key: Ed25519PrivateKey) -> CryptoSigner:
    public = key.public_key()
    keyid = fingerprint(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return CryptoSigner(key, SSlibKey.from_crypto(public, keyid))
