"""RFC 3161 timestamps: an authority's word that a seal was there at a time. Its answer is checked before it is kept."""

from __future__ import annotations

import requests
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from soc2_warehouse.evidence import verify_evidence as form

SECONDS = 10.0


class NoTimestamp(RuntimeError):
    """The authority gave none that can be used; the message says why."""


def fetch(url: str, content: bytes, certificates: bytes) -> bytes:
    """The authority's answer over ``content``, as DER. certificates: PEM, its own and those it leads to.

    Raises NoTimestamp.
    """
    try:
        trusted = load_pem_x509_certificates(certificates)
    except ValueError as error:
        raise NoTimestamp(f"the certificates of the authority cannot be read: {error}") from error
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        answer = requests.post(url, data=request.as_bytes(), headers=headers, timeout=SECONDS)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise NoTimestamp(f"{url}: {error}") from error
    builder = VerifierBuilder.from_request(request)
    for certificate in trusted:
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(decode_timestamp_response(answer.content), content)
        # As everybody will verify it later: an answer that only one of the two understands is of no use.
        form.timestamp_time(answer.content, content, trusted)
    except (VerificationError, ValueError) as error:
        raise NoTimestamp(f"{url}: the answer does not verify: {error}") from error
    except form.Invalid as invalid:
        raise NoTimestamp(f"{url}: the answer does not verify: {invalid.args[2]}") from invalid
    return answer.content
