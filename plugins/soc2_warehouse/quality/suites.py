"""The expectations of one control, in the order in which they are judged. Each is SQL that returns what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from soc2_warehouse.controls import Control

RESULTS = ("pass", "exception", "unknown", "pending", "excluded")
# Great Expectations wants the table under test in each query; where a question is about another table it is a comment.
ABOUT = "/* {batch} */"


@dataclass(frozen=True)
class Expectation:
    """step: its name in ``verdict.Outcomes``. sql: unexpected rows; ``{batch}`` stands for the control's table."""

    step: str
    statement: str
    sql: str


def expectations(control: Control) -> tuple[Expectation, ...]:
    """The suite of a control. Without a ``__reconciled`` sibling there is no reference count to ask about."""
    found = [_shape(control), _sources(control), _population(control)]
    if control.reconciled_model:
        found.append(_completeness(control))
    return (*found, _unknown(), _deviations(control))


def asked(control: Control) -> int:
    """How many things the suite of a control asks: its expectations, each declared completeness check counted. A suite
    that asks for less than it did is one of which something was removed.
    """
    return len(expectations(control)) + max(len(control.completeness) - 1, 0)


def _shape(control: Control) -> Expectation:
    deviating = _texts(control.deviation_severities)
    declared = _texts(code.name for code in control.codes)
    return Expectation(
        "shape",
        "Every row has a key of its own, a known result, and codes that agree with it",
        f"""
        select entity_key, result from {{batch}}
        where entity_key is null or entity_key = ''
            or result is null or result not in ({", ".join(f"'{result}'" for result in RESULTS)})
            or codes is null
            or not list_has_all({declared}, codes)
            or (result = 'pass' and list_has_any(codes, {deviating}))
            or (result = 'exception' and not list_has_any(codes, {deviating}))
        union all
        select entity_key, 'not unique' from {{batch}} group by entity_key having count(*) > 1
        """,
    )


def _sources(control: Control) -> Expectation:
    return Expectation(
        "sources",
        "Every extract the control needs is usable for the day judged",
        f"""
        select needed.source_id, coalesce(found.state, 'not listed') as state {ABOUT}
        from raw_meta.control_sources as needed
        left join intermediate.int_control_sources as found using (control_id, source_id)
        where needed.control_id = '{control.id}'
            and (needed.required = 'always' or found.in_use is distinct from false)
            and found.state is distinct from 'usable'
        """,
    )


def _population(control: Control) -> Expectation:
    unproven = ""
    if control.zero_proven_by:
        proof = f"from {control.schema}.{control.reconciled_model} where check_name = '{control.zero_proven_by}'"
        unproven = f"and (not exists (select 1 {proof}) or exists (select 1 {proof} and passed is not true))"
    return Expectation(
        "population",
        "At least one row was evaluated, or an empty population is proven",
        f"""
        select 'no row was evaluated' as problem
        where not exists (select 1 from {{batch}} where result in ('pass', 'exception')) {unproven}
        """,
    )


def _completeness(control: Control) -> Expectation:
    checks = f"{control.schema}.{control.reconciled_model}"
    return Expectation(
        "completeness",
        "Independent counts agree with the population",
        f"""
        select check_name, scope, expected, actual, detail {ABOUT} from {checks} where passed is not true
        union all
        select declared.check_name, null, null, null, 'declared, but not made'
        from (select unnest({_texts(control.completeness)}) as check_name) as declared
        where declared.check_name not in (select check_name from {checks} where check_name is not null)
        union all
        select 'no check was made', null, null, null, null where not exists (select 1 from {checks})
        """,
    )


def _unknown() -> Expectation:
    return Expectation(
        "unknown", "No row is unknown", "select entity_key, reason from {batch} where result = 'unknown'"
    )


def _deviations(control: Control) -> Expectation:
    return Expectation(
        "deviations",
        "No deviation is open: each exception row is repaired, accepted, mitigated or marked false positive",
        f"""
        select entity_key, code from judging.exceptions where control_id = '{control.id}' and state = 'open'
        union all
        select entity_key, 'not in the exception ledger' from {{batch}}
        where result = 'exception'
            and entity_key not in (select entity_key from judging.exceptions where control_id = '{control.id}')
        """,
    )


def _texts(names: object) -> str:
    """A list of texts as SQL, empty lists included."""
    listed = ", ".join("'" + str(name).replace("'", "''") + "'" for name in names)  # type: ignore[attr-defined]
    return f"cast([{listed}] as varchar[])"
