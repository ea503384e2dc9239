"""Second factors at the identity provider: who enrolled what and when."""

from __future__ import annotations

from datetime import datetime

from soc2_warehouse.sandbox.records import Factor, Person
from soc2_warehouse.sandbox.rhythm import DAY, moment

Statuses = tuple[tuple[datetime, str], ...]


def dated(*pairs: tuple[str, str]) -> Statuses:
    """Statuses with the instants they began."""
    return tuple((moment(at), status) for at, status in pairs)


# (type, provider, dated statuses, removed at); a person without a line has an active push factor.
FACTORS: dict[str, tuple[tuple[str, str, Statuses, str | None], ...]] = {
    # A question and an e-mail are no second factor; a push is enrolled on 2026-07-03.
    "E1032": (
        ("question", "OKTA", dated(("2023-08-07T08:00", "ACTIVE")), None),
        ("email", "OKTA", dated(("2023-08-07T08:00", "ACTIVE")), None),
        ("push", "OKTA", dated(("2026-07-03T15:00", "ACTIVE")), None),
    ),
    # Begun, not finished, until 2026-07-14.
    "E1033": (
        ("push", "OKTA", dated(("2026-06-20T09:00", "PENDING_ACTIVATION"), ("2026-07-14T10:00", "ACTIVE")), None),
    ),
    "E1034": (("webauthn", "FIDO", dated(("2026-07-07T16:30", "ACTIVE")), None),),
    # Weak only: reported, no deviation by default.
    "E1035": (("sms", "OKTA", dated(("2023-10-02T08:00", "ACTIVE")), None),),
    "C008": (("call", "OKTA", dated(("2026-02-02T14:00", "ACTIVE")), None),),
    "E1037": (("token:software:totp", "GOOGLE", dated(("2024-01-08T09:00", "ACTIVE")), None),),
    "E1038": (),
    # One factor that is not enrolled beside one that is.
    "E1042": (
        ("push", "OKTA", dated(("2026-06-11T09:00", "PENDING_ACTIVATION")), None),
        ("webauthn", "FIDO", dated(("2024-03-11T09:00", "ACTIVE")), None),
        ("token:hardware", "YUBICO", dated(("2024-03-11T09:00", "ACTIVE"), ("2025-03-11T09:00", "EXPIRED")), None),
    ),
    # Reset on 2026-07-08, enrolled again on 2026-07-11: a violation that begins and heals.
    "E1043": (
        ("webauthn", "FIDO", dated(("2024-04-08T09:00", "ACTIVE")), "2026-07-08T10:00"),
        ("webauthn", "FIDO", dated(("2026-07-11T09:00", "ACTIVE")), None),
    ),
    # Contractors are people.
    "C004": (),
    # Weak and strong together is not "weak only".
    "E1024": (
        ("sms", "OKTA", dated(("2022-11-07T15:00", "ACTIVE")), None),
        ("signed_nonce", "OKTA", dated(("2022-11-07T15:10", "ACTIVE")), None),
    ),
}
# The provider refuses the factor list of this one user: unknown, neither "no factors" nor a pass.
FACTORS_DENIED = {"E1036": 403}


def factors(person: Person, enrolled: datetime) -> tuple[Factor, ...]:
    """The person's factors; routine ones date from ``enrolled``."""
    planted = FACTORS.get(person.ref)
    if planted is None:
        planted = (("push", "OKTA", ((enrolled, "ACTIVE"),), None),)
        if int(person.ref[1:]) % 3 == 0:
            planted += (("webauthn", "FIDO", ((enrolled + DAY, "ACTIVE"),), None),)
    return tuple(
        Factor(f"fct{person.ref}{place:0>12}"[:20], kind, provider, statuses, moment(gone) if gone else None)
        for place, (kind, provider, statuses, gone) in enumerate(planted, 1)
    )
