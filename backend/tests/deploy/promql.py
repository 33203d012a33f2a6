"""What a PromQL expression asks for, held against the series that there are."""

from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatchOp,
    MatrixSelector,
    ParenExpr,
    VectorSelector,
)

# The labels of a series, each with the values that it has; None: not known.
Labels = Mapping[str, frozenset[str] | None]

_COMPARISONS = {">", "<", ">=", "<=", "==", "!="}


def parsed(expression: str) -> Any:
    """Raises AssertionError with the parser's words."""
    try:
        return promql_parser.parse(expression)
    except ValueError as error:
        raise AssertionError(f"{expression}\n{error}") from error


def parts(expr: Any) -> Iterator[Any]:
    """Itself and all that is in it."""
    found: list[Expr] = []
    promql_parser.walk(expr, found.append)
    yield from found


def labels_of(expr: Any, series: Mapping[str, Labels]) -> Labels:
    """The labels that its result has.

    Raises:
        AssertionError: it names a metric, a label or a label's value that there is not.
    """
    match expr:
        case VectorSelector():
            return _selected(expr, series)
        case MatrixSelector():
            return _selected(expr.vector_selector, series)
        case ParenExpr():
            return labels_of(expr.expr, series)
        case AggregateExpr():
            return _aggregated(expr, labels_of(expr.expr, series))
        case Call():
            return _called(expr, [labels_of(each, series) for each in expr.args])
        case BinaryExpr():
            sides = labels_of(expr.lhs, series), labels_of(expr.rhs, series)
            return sides[0] or sides[1]
        case _:
            return {}


def compared(expr: Any) -> list[str]:
    """What its comparisons compare: the numbers behind an alert."""
    return [
        each.lhs.prettify()
        for each in parts(expr)
        if isinstance(each, BinaryExpr) and str(each.op) in _COMPARISONS
    ]


def _selected(selector: VectorSelector, series: Mapping[str, Labels]) -> Labels:
    name = selector.name
    assert name is not None, "metrics are asked for by their names"
    assert name in series, f"no metric {name!r}"
    labels = series[name]
    for matcher in selector.matchers.matchers:
        assert matcher.name in labels, f"{name} has no label {matcher.name!r}"
        known = labels[matcher.name]
        if known is None:
            continue
        is_pattern = matcher.op in (MatchOp.Re, MatchOp.NotRe)
        asked = matcher.value.split("|") if is_pattern else [matcher.value]
        for value in asked:
            assert value in known, f"{name}{{{matcher.name}}} is never {value!r}"
    return labels


def _aggregated(expr: AggregateExpr, inner: Labels) -> Labels:
    if expr.modifier is None:
        return {}
    for label in expr.modifier.labels:
        assert label in inner, f"{expr.prettify()}: no label {label!r}"
    by = expr.modifier.type == AggModifierType.By
    return {
        label: values
        for label, values in inner.items()
        if (label in expr.modifier.labels) == by
    }


def _called(call: Call, arguments: list[Labels]) -> Labels:
    labels = next((each for each in arguments if each), {})
    if call.func.name == "histogram_quantile":
        assert "le" in labels, f"{call.prettify()}: no label 'le'"
        return {label: each for label, each in labels.items() if label != "le"}
    return labels
