"""Great Expectations over the control tables: one suite per control, one process, one thread.

An expectation that could not be asked is an ERROR, never a FAIL and never a PASS: Great Expectations reports it as
``success=False`` with an empty result, and a table that is not there as an exception.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from soc2_warehouse.controls import Control
from soc2_warehouse.quality.suites import Expectation, expectations
from soc2_warehouse.settings import Settings
from soc2_warehouse.verdict import Outcome, Outcomes

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context import AbstractDataContext


@dataclass(frozen=True)
class Answer:
    """What one expectation said. unexpected: rows it returned (None when it could not be asked)."""

    control_id: str
    step: str
    statement: str
    outcome: Outcome
    unexpected: int | None
    error: str | None


def examine(
    settings: Settings, controls: Sequence[Control], day: date, skip: Collection[str] = (), docs: bool = True
) -> dict[str, list[Answer]]:
    """Ask every control's suite about the build file; answers by control id, in the order of the suite.

    The file must not be open elsewhere for writing. skip: ids whose table was not built in this run: what lies in the
    file is an earlier night's, so all their answers are ERROR. docs: write Data Docs below ``settings.quality``.
    """
    context, datasource = _open(settings)
    try:
        answers = {
            control.id: [_portable(settings, answer) for answer in _examine(context, datasource, control, skip, docs)]
            for control in controls
        }
    finally:
        from soc2_warehouse.quality import dialect

        dialect.close_all()
    if docs:
        from soc2_warehouse.quality.docs import build

        build(context, settings.quality / "docs", f"Expectations of {day}", answers)
    return answers


def _portable(settings: Settings, answer: Answer) -> Answer:
    """Answers are evidence and travel: an error of the driver may name this machine's folders."""
    if answer.error is None:
        return answer
    return replace(answer, error=answer.error.replace(f"{settings.home}/", ""))


def _examine(
    context: AbstractDataContext, datasource: Any, control: Control, skip: Collection[str], keep: bool
) -> list[Answer]:
    suite = expectations(control)
    if control.id in skip:
        return [_error(control, item, "the model was not built in this run") for item in suite]
    try:
        return _ask(context, datasource, control, suite, keep)
    except Exception as error:  # whatever keeps a suite from being asked is the third state, of this control alone
        message = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        return [_error(control, item, message) for item in suite]


def outcomes(answers: Sequence[Answer]) -> Outcomes:
    """The answers of one suite by step. A suite without a reference count has nothing against completeness."""
    by_step = {answer.step: answer.outcome for answer in answers}
    by_step.setdefault("completeness", Outcome.PASS)
    return Outcomes(**by_step)


def _open(settings: Settings) -> tuple[AbstractDataContext, Any]:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from soc2_warehouse.quality import dialect

    # After the import, which sets levels of its own: each context would tell about its temporary folder.
    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.WARNING)
    dialect.register()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    address = f"{dialect.SCHEME}:///{settings.build_file}?access_mode=read_only"
    return context, context.data_sources.add_sql("warehouse", connection_string=address, create_temp_table=False)


def _ask(
    context: AbstractDataContext, datasource: Any, control: Control, suite: Sequence[Expectation], keep: bool
) -> list[Answer]:
    import great_expectations as gx
    from great_expectations.expectations import UnexpectedRowsExpectation

    asset = datasource.add_table_asset(control.id, table_name=control.model, schema_name=control.schema)
    batch = asset.add_batch_definition_whole_table("whole")
    built = gx.ExpectationSuite(
        name=control.id,
        expectations=[
            UnexpectedRowsExpectation(
                unexpected_rows_query=" ".join(item.sql.split()),
                description=item.statement,
                meta={"step": item.step, "control": control.id},
            )
            for item in suite
        ],
    )
    if keep:
        built = context.suites.add(built)
        definition = gx.ValidationDefinition(name=control.id, data=batch, suite=built)
        outcome = context.validation_definitions.add(definition).run(result_format="SUMMARY")
    else:
        outcome = batch.get_batch().validate(built, result_format="SUMMARY")
    by_step = {
        (result.expectation_config.meta or {}).get("step"): result
        for result in outcome.results
        if result.expectation_config
    }
    # A suite that came back with fewer results than questions has not been asked.
    return [_answer(control, item, by_step.get(item.step)) for item in suite]


def _answer(control: Control, item: Expectation, result: ExpectationValidationResult | None) -> Answer:
    if result is None:
        return _error(control, item, "no result came back")
    observed = (result.result or {}).get("observed_value")
    if not isinstance(observed, int):
        return _error(control, item, _message(result.exception_info))
    if result.success != (observed == 0):
        return _error(control, item, f"success={result.success} with {observed} unexpected rows")
    return Answer(control.id, item.step, item.statement, Outcome.FAIL if observed else Outcome.PASS, observed, None)


def _message(info: Any) -> str:
    """The exception in a result, which is flat or one level down by metric."""
    for level in (info, *info.values()) if isinstance(info, dict) else ():
        if isinstance(level, dict) and level.get("exception_message"):
            return " ".join(str(level["exception_message"]).split())[:500]
    return "the expectation returned nothing"


def _error(control: Control, item: Expectation, message: str) -> Answer:
    return Answer(control.id, item.step, item.statement, Outcome.ERROR, None, message)
