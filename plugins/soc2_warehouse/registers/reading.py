"""One register file, read and checked: every row comes out, good ones as records, bad ones with what is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from soc2_warehouse.registers import Register


@dataclass
class Row:
    """One row of a register. line: where it starts in the file. problems: empty when the row is good."""

    line: int
    values: Any
    problems: list[str] = field(default_factory=list)


@dataclass
class Content:
    """A register file. problems: every one, of the file and of its rows, each naming file, line, column and fix."""

    rows: list[Row]
    problems: list[str]


class WrongShape(ValueError):
    """The file is YAML, but not rows."""


def read(register: Register, file: str, content: bytes) -> Content:
    """Parse and check a register's file, named ``file`` in every message. Never raises for what the file says."""
    from_yaml = not file.endswith(".csv")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _unreadable(file, line, content.decode("utf-8", "replace"), "is not UTF-8; save the file as UTF-8")
    try:
        rows, problems = _yaml_rows(register, file, text) if from_yaml else _csv_rows(register, file, text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        return _unreadable(file, mark.line + 1 if mark else 1, text, f"is not YAML ({said})")
    except WrongShape as error:
        return _unreadable(file, 1, text, str(error))
    except csv.Error as error:
        return _unreadable(file, 1, text, f"is not CSV ({error})")
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        if isinstance(row.values, dict) and not row.problems:
            row.problems += _check(register, file, row, from_yaml)
            row.problems += _duplicate(register, file, row, first)
        problems += row.problems
    return Content(rows, problems)


def _unreadable(file: str, line: int, text: str, what: str) -> Content:
    problem = f"{file} line {line}: {what}"
    return Content([Row(line, {"text": text}, [problem])], [problem])


def _check(register: Register, file: str, row: Row, from_yaml: bool) -> Iterator[str]:
    for column in register.columns.values():
        if column.name in row.values:
            problem = column.problem(row.values[column.name], from_yaml)
            if problem:
                yield f"{file} line {row.line}, column {column.name}: {problem}"
    if from_yaml:
        for name in row.values:
            if name not in register.columns:
                yield f"{file} line {row.line}, column {name}: {_unknown(register, name)}"
        for name, column in register.columns.items():
            if name not in row.values and column.required:
                yield f"{file} line {row.line}, column {name}: is missing; add it"


def _duplicate(register: Register, file: str, row: Row, first: dict[tuple[str, ...], int]) -> Iterator[str]:
    key = tuple(str(row.values.get(name)) for name in register.key)
    if key in first:
        columns = ", ".join(register.key)
        said = ", ".join(key)
        yield (
            f"{file} line {row.line}, column {columns}: '{said}' stands in line {first[key]} already; "
            "keep one row for each key"
        )
    first.setdefault(key, row.line)


def _unknown(register: Register, name: str) -> str:
    return f"{name!r} is not a column of {register.name}; the columns are {', '.join(register.columns)}"


def _csv_rows(register: Register, file: str, text: str) -> tuple[list[Row], list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration:
        return [], [f"{file} line 1: the header is missing; write {','.join(register.columns)}"]
    problems = []
    for name in header:
        if name not in register.columns:
            problems.append(f"{file} line 1, column {name}: {_unknown(register, name)}")
        elif header.count(name) > 1:
            problems.append(f"{file} line 1, column {name}: stands twice in the header; keep one")
    for name in register.columns:
        if name not in header:
            problems.append(f"{file} line 1, column {name}: is missing; add it to the header")
    rows = []
    line = reader.line_num + 1
    for cells in reader:
        start, line = line, reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        values: dict[str, Any] = {name: cell.strip() or None for name, cell in zip(header, cells, strict=False)}
        row = Row(start, values)
        if len(cells) != len(header):
            row.values = {"cells": cells}
            row.problems.append(
                f"{file} line {start}: {len(cells)} cells where the header has {len(header)}; "
                "quote a cell that holds a comma, leave an empty cell for what is unknown"
            )
        rows.append(row)
    return rows, problems


def _yaml_rows(register: Register, file: str, text: str) -> tuple[list[Row], list[str]]:
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None or (isinstance(root, yaml.ScalarNode) and root.tag.endswith(":null")):
            return [], []
        if register.shape == "mapping":
            return _mapped_rows(register, file, loader, root)
        if not isinstance(root, yaml.SequenceNode):
            raise WrongShape("is not a list; write one item (- …) for each row")
        rows = []
        for item in root.value:
            line = item.start_mark.line + 1
            problems = list(_repeated(file, item))
            row = Row(line, loader.construct_object(item, deep=True), problems)
            if not isinstance(row.values, dict):
                row.problems.append(f"{file} line {line}: {row.values!r} is not a row; write column: value")
            rows.append(row)
        return rows, []
    finally:
        loader.dispose()


def _mapped_rows(
    register: Register, file: str, loader: yaml.SafeLoader, root: yaml.Node
) -> tuple[list[Row], list[str]]:
    """A file of the shape {outer: {name: value}}: one row for each inner pair, under the register's three columns."""
    if not isinstance(root, yaml.MappingNode):
        raise WrongShape("is not a mapping; write a control id and below it name: value")
    outer_column, name_column, value_column = register.columns
    problems = list(_repeated(file, root))
    rows = []
    for outer, inner in root.value:
        if not isinstance(inner, yaml.MappingNode):
            problems.append(
                f"{file} line {outer.start_mark.line + 1}: {outer.value} has no parameters; write name: value"
            )
            continue
        problems += _repeated(file, inner)
        for name, value in inner.value:
            values = {
                outer_column: loader.construct_object(outer),
                name_column: loader.construct_object(name),
                value_column: loader.construct_object(value, deep=True),
            }
            rows.append(Row(name.start_mark.line + 1, values))
    return rows, problems


def _repeated(file: str, node: yaml.Node) -> Iterator[str]:
    """YAML keeps the last of two equal keys without a word; here the second one is an error."""
    seen = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value in seen:
            yield f"{file} line {key.start_mark.line + 1}, column {key.value}: stands twice in this item; keep one"
        seen.add(key.value)
