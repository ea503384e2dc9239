"""A home limited to some controls and sources stays so, and says what it is no evidence of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from soc2_warehouse import nightly, selection, simulate
from soc2_warehouse.landing import Landing
from soc2_warehouse.selection import Selection
from soc2_warehouse.settings import Settings
from soc2_warehouse.steps import PipelineBroken

CHOSEN = Selection(("AC-01", "VM-03"), ("okta", "registers"))


def declared(*ids: str) -> list[Any]:
    return [SimpleNamespace(id=one) for one in ids]


def test_lists_with_commas_are_read() -> None:
    assert selection.parse("vm-03, AC-01", "registers,okta") == CHOSEN
    assert not selection.parse("", "")
    with pytest.raises(ValueError, match="there is no source entra: there are aws_"):
        selection.parse("AC-01", "entra")


def test_only_selected_controls_are_declared() -> None:
    found = CHOSEN.of(declared("VM-03", "AC-02", "AC-01"))
    assert [control.id for control in found] == ["VM-03", "AC-01"], "in the order in which they depend on each other"
    assert len(Selection().of(declared("VM-03", "AC-02"))) == 2
    with pytest.raises(ValueError, match="there is no control VM-03"):
        CHOSEN.of(declared("AC-01"))


def test_a_limited_home_stays_limited_and_no_whole_night_joins_it(home: Settings) -> None:
    assert simulate.limit(home, CHOSEN) == CHOSEN
    Landing(home.landing_url).create("_receipts/day=2026-07-01/okta.users/r.json", b"{}")
    assert simulate.limit(home, Selection()) == CHOSEN, "the next nights go on as they began"
    with pytest.raises(ValueError, match="use another SOC2_HOME"):
        simulate.limit(home, Selection(("AC-02",), ("okta",)))
    with pytest.raises(PipelineBroken, match="no evidence of anything else"):
        nightly.claim(home, "the sandbox company")


def test_a_whole_home_cannot_be_limited_later(home: Settings) -> None:
    assert simulate.limit(home, Selection()) == Selection()
    Landing(home.landing_url).create("_receipts/day=2026-07-01/okta.users/r.json", b"{}")
    with pytest.raises(ValueError, match="use another SOC2_HOME"):
        simulate.limit(home, CHOSEN)
