"""What it means that a source could not be read: which error, and whether asking again can help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soc2_warehouse.receipts import Receipt

#: What providers answer when the credentials are wrong: asking again will not help, a person must.
DENIED = re.compile(
    r"HTTP 40[13]\b|AccessDenied|Unauthorized|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch"
    r"|ExpiredToken|NoCredentials|Bad ?credentials",
    re.IGNORECASE,
)


class SourceUnreadable(RuntimeError):
    """A table of a source could not be read completely; another attempt may succeed."""


class CredentialsRefused(RuntimeError):
    """A source refused the configured credentials."""


class WrongDay(RuntimeError):
    """Today's state was asked for under another day: no attempt can make that evidence."""


class NightIncomplete(RuntimeError):
    """The night was fetched and will be judged, but with tables missing."""


def failed_with(receipt: Receipt, error: str) -> bool:
    """Whether this table failed with the exception called ``error``."""
    return receipt.status == "failed" and any(text.startswith(error) for text in receipt.errors)


def problem(bad: list[Receipt]) -> RuntimeError:
    """The error that these unusable receipts add up to: what to tell, and whether another attempt can help."""
    told = "; ".join(f"{receipt.source_id} {receipt.status}: {' '.join(receipt.errors)[:300]}" for receipt in bad[:3])
    if len(bad) > 3:
        told += f"; and {len(bad) - 3} more tables"
    if all(failed_with(receipt, "PastSnapshot") for receipt in bad):
        return WrongDay(told)
    # A table that needs one that was refused fails too; it says nothing about whether to ask again.
    causes = [receipt for receipt in bad if not failed_with(receipt, "TableNotLanded")]
    if causes and all(DENIED.search(" ".join(receipt.errors)) for receipt in causes):
        return CredentialsRefused(f"{told} (check the connection's credentials and permissions)")
    return SourceUnreadable(told)
