"""What the pages of the PDF say, in the order of report.html."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.platypus import Flowable

from soc2_warehouse.package import wording
from soc2_warehouse.package.content import Content
from soc2_warehouse.package.pdf import (
    BODY,
    KICKER,
    NOTICE,
    SMALL,
    cell,
    fields,
    heading,
    table,
    tags,
)
from soc2_warehouse.package.pdf_control import control


def story(content: Content) -> list[Flowable]:
    return [
        *_cover(content),
        *_summary(content),
        *_not_tested(content),
        *_overview(content),
        heading("Tests and results", 2),
        cell(
            "Days in the strips: low green – passed; high red – failed; hollow – not tested; pale – no occurrence; "
            "line – not judged.",
            SMALL,
        ),
        *(part for result in content.results for part in control(result, content.window)),
        *_decisions(content),
        *_changes(content),
        *_sources(content),
        *_criteria(content),
        *_preparation(content),
        *_verify(content),
    ]


def _cover(content: Content) -> Iterator[Flowable]:
    window, engagement = content.window, content.window.engagement
    yield cell(f"SOC 2 · {wording.kind(window)} · {engagement['engagement_id']}".upper(), KICKER)
    yield heading(f"Tests of controls and results, {wording.period(window)}", 1)
    yield cell(wording.NO_OPINION, NOTICE)
    if "demo" in content.environment:
        yield cell(wording.DEMO, NOTICE)
    if content.partial:
        yield cell(content.partial, NOTICE)
    effective = f" The controls are in effect from {window.effective}." if window.effective > window.first else ""
    of = "" if window.is_type_1 else f" of the engagement's {engagement['window_start']} to {engagement['window_end']}"
    yield fields(
        [
            ("Auditor", engagement["auditor"] or "nobody named yet"),
            (
                "As of" if window.is_type_1 else "Window",
                f"{wording.period(window)}{of}, days in UTC; the engagement's time zone is {engagement['time_zone']}."
                f"{'' if window.is_type_1 else effective}",
            ),
            ("Categories", [one["category"] for one in content.scope if one["in_scope"]] and _in_scope(content)),
            ("Criteria", wording.plain(window.criteria) or "all that a control supports"),
            ("Environment", content.environment),
            ("Newest judgement", f"{wording.when(window.made_at)} UTC"),
        ]
    )


def _in_scope(content: Content) -> str:
    return ", ".join(one["category"] for one in content.scope if one["in_scope"])


def _summary(content: Content) -> Iterator[Flowable]:
    window, ready = content.window, content.readiness
    yield heading("Summary", 2)
    yield fields(
        [
            ("Controls", f"{len(content.results)} reported"),
            *((word, wording.count(number, "control")) for word, number in content.counts if number),
            ("Deviations", f"{content.deviations:,} that stood at any time of the window"),
            (
                "Readiness",
                f"{wording.share(ready['share'])} on {window.last}: {ready['pass']} of {ready['total']} controls in "
                f"scope pass, {ready['fail']} fail, {ready['not_tested']} are not tested",
            ),
            ("Nights", f"{content.nights['judged']} of {content.nights['expected']} judged"),
        ]
    )
    told = "A control with deviations and too little evidence is counted under both. "
    if not window.is_type_1:
        told += (
            f"Evidence suffices when at least {wording.share(content.limits['min_coverage'])} of the expected units "
            f"have a result and no gap is longer than {int(content.limits['max_gap_days'])} days. "
        )
    yield cell(told + "A deviation is counted although it was accepted, mitigated or repaired within its time.", BODY)
    if missing := content.nights["missing"]:
        yield cell(f"{wording.count(len(missing), 'night')} without any judgement: {wording.plain(missing)}.", NOTICE)
    if reruns := content.nights["reruns"]:
        days = ", ".join(f"{one['day']} ({wording.count(one['reruns'], 'judgement')} before it)" for one in reruns)
        yield cell(f"Days judged more than once, of which the newest judgement counts: {days}.", BODY)


def _not_tested(content: Content) -> Iterator[Flowable]:
    yield heading("Not tested", 2)
    last = content.window.last
    if content.not_tested:
        yield cell(f"Too little evidence in the window, or no result on {last}. None of these counts as passed.", BODY)
        yield table(
            ["Control", "Title", "Conclusion", "Why", "Days without a result"],
            [
                [one.id, one.control["title"], tags(one), wording.why_not_tested(one), wording.gaps(one)]
                for one in content.not_tested
            ],
            [9, 28, 20, 28, 25],
        )
    else:
        yield cell(f"Every control in scope has enough evidence, and a result on {last}.", BODY)
    for one in content.scope:
        if not one["in_scope"]:
            yield cell(f"Category not in scope: {one['category']} – {one['rationale']}", SMALL)


def _overview(content: Content) -> Iterator[Flowable]:
    yield heading("All controls", 2)
    yield table(
        ["Control", "Title", "Criteria", "Conclusion", "Population", "Deviations", "Coverage"],
        [
            [
                one.id,
                one.control["title"],
                " ".join(one.control["criteria"]),
                tags(one),
                wording.number(one.population["judged"]),
                wording.number(len(one.exceptions)),
                wording.share(one.coverage.share),
            ]
            for one in content.results
        ],
        [9, 36, 14, 20, 12, 12, 11],
        (4, 5, 6),
    )


def _decisions(content: Content) -> Iterator[Flowable]:
    yield heading("Acceptances, mitigations, false positives", 2)
    if not content.decisions:
        yield cell("No decision about an exception was in force in the window.", BODY)
        return
    yield cell("What was accepted or mitigated stays a deviation of the window; a false positive is none.", BODY)
    yield table(
        ["Control", "What", "Code", "Decision"],
        [
            [one["control_id"], one["entity_name"] or one["entity_key"], one["code"], wording.decided(one)]
            for one in content.decisions
        ],
        [9, 28, 22, 52],
    )


def _changes(content: Content) -> Iterator[Flowable]:
    yield heading("Changes within the window", 2)
    if content.split:
        yield cell("The query or a parameter of these controls changed; the segments are shown at the control.", BODY)
        yield table(
            ["Control", "Segments"],
            [[one.id, "; ".join(wording.span(p["first"], p["last"]) for p in one.segments)] for one in content.split],
            [9, 90],
        )
    else:
        yield cell("Query and parameters of every control were the same on all judged days.", BODY)
    for one in content.withdrawn:
        yield cell(
            f"{one['control_id']} is not declared any more: judged on {one['days']} days from {one['first_day']} to "
            f"{one['last_day']}, {one['pass']} passed, {one['fail']} failed, {one['not_tested']} not tested.",
            BODY,
        )
    yield heading("Registers at the end of the window", 3)
    yield table(
        ["Register", "Versions", "The last one held from", "Rows", "Commit"],
        [
            [one["register"], one["versions"], one["first_day"], one["rows"], one["commit"][:12]]
            for one in content.registers
        ],
        [34, 10, 24, 10, 20],
        (1, 3),
    )


def _sources(content: Content) -> Iterator[Flowable]:
    names = ["source", "tables", "days", "extracts", "complete", "partial", "unusable", "late", "denied", "rows"]
    yield heading("Sources", 2)
    yield table(
        [name.capitalize() for name in names],
        [[one["source"], *(wording.number(one[name]) for name in names[1:])] for one in content.extracts],
        [24, 8, 7, 10, 11, 9, 11, 7, 9, 12],
        range(1, 10),
    )
    yield cell("Late: a snapshot that was finished more than 36 hours after its day began; it covers no day.", SMALL)
    if content.open_sheets:
        yield heading("IPE sheets with open points", 3)
        yield table(
            ["Control", "Open point"],
            [[one.id, problem] for one in content.open_sheets for problem in (one.sheet or {})["problems"]],
            [9, 90],
        )


def _criteria(content: Content) -> Iterator[Flowable]:
    yield heading("Criteria", 2)
    yield table(
        ["Criterion", "Category", "Controls that support it"],
        [[one["id"], one["category"], one["controls"] or "none: not tested"] for one in content.criteria],
        [12, 24, 70],
    )
    rows = content.untested(content.handbook)
    yield heading("Guide rows without a full test", 2)
    yield cell(
        f"{len(rows)} of {len(content.handbook)} rows. Of the demands that scanners make, "
        f"{content.demands.get('tested', 0)} are tested, {content.demands.get('untested', 0)} are not and "
        f"{content.demands.get('out of scope', 0)} are out of scope.",
        BODY,
    )
    if rows:
        yield table(
            ["Row", "What it asks", "State", "Tested by", "Still planned"],
            [
                [one["row_id"], one["content"], one["state"], one["control_ids"], one["missing_controls"]]
                for one in rows
            ],
            [9, 48, 11, 18, 18],
        )


def _preparation(content: Content) -> Iterator[Flowable]:
    yield heading("Audit preparation", 2)
    if content.timeline:
        yield table(
            ["Step", "What", "Due", "Standing"],
            [[one["name"], one["what"], wording.when(one["due_on"]), one["standing"]] for one in content.timeline],
            [18, 50, 14, 24],
        )
    else:
        yield cell("Milestones are not recorded.", BODY)
    if content.checklist:
        yield heading(f"Final checklist, as of {content.checklist[0]['logical_date']}", 3)
        yield table(
            ["Item", "What", "Done", "Why"],
            [[one["item"], one["content"], bool(one["is_done"]), one["reason"]] for one in content.checklist],
            [6, 40, 8, 50],
        )


def _verify(content: Content) -> Iterator[Flowable]:
    found = content.evidence
    yield heading("How to verify", 2)
    yield cell(
        f"Before the package was made, {found['objects']:,} objects and {found['entries']:,} links of the hash chain "
        f"were computed again, with {found['seals']} seals, {found['stamped']} of them timestamped. The command "
        "python verify_evidence.py . in the folder of the package does it again, and compares every file with the "
        "manifest.",
        BODY,
    )
    yield fields(
        [
            ("Head of the chain", found["head"]),
            ("Newest seal", f"number {found['newest'].number} of {found['newest'].day}"),
            ("Signed by", ", ".join(found["signers"])),
            (
                "Anchored at",
                ", ".join(found["anchored"]) or "nowhere: whoever holds the key could write the chain anew",
            ),
            *(("Note", note) for note in found["notes"]),
        ]
    )
