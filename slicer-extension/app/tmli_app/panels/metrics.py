"""How far two sets of contours are apart, structure by structure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from TMLILib.comparison import ACCEPTED, HEADS, NUMBERS, PROFILES, Comparison, Row, cell_text, remarks
from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VIcon
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from ..browse import Browse
from ..dialogs import Problems
from ..session import Session
from .words import colour_css
from .working import Working


@dataclass
class MetricsState:
    """The table on the page."""

    reference: str = ""  # what is compared with
    profile: str = "surfel"
    profile_told: str = ""  # the profile of the numbers in the table
    findings: list[str] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    mean: str = ""
    sort: str = ""
    descending: bool = False


class MetricsPanel:
    """Compares with the truth of a phantom, or with an RT Structure Set of somebody."""

    def __init__(self, server: Server, session: Session, browse: Browse, problems: Problems) -> None:
        self._session, self._browse, self._problems = session, browse, problems
        self._rows: list[Row] = []
        self._working = Working(server, "metrics_work")
        self.state = TypedState(server.state, MetricsState, namespace="metrics")
        session.ct_changed.append(self._clear)
        session.result_changed.append(self._clear_rows)
        server.controller.trigger("metrics_csv")(session.comparison_csv)

    def ask(self) -> None:
        """Opens the dialog for an RT Structure Set."""
        start = self._session.ct.folder if self._session.ct is not None else None
        self._browse.ask("Open an RT Structure Set", self._load, files=True, start=start)

    async def _load(self, path: Path) -> None:
        await self._session.take_reference(path)
        self._clear()

    async def compare(self, profile: str) -> None:
        """Compares all structures that both sides have, by this convention.

        The page says which with the click: what was chosen just before may not have arrived as state.
        """
        if self._working.state.data.busy:
            return
        self._clear_rows()
        with self._problems.caught(), self._working.shown():
            compared = await self._session.compare(profile, self._working.tell)
            if compared is not None:
                self._show(compared)

    def _show(self, compared: Comparison) -> None:
        data = self.state.data
        self._rows = list(compared.rows)
        data.rows = [self._row(row) for row in self._rows]
        data.profile_told, data.mean = PROFILES[compared.profile], _mean(self._rows)
        data.findings = [*compared.findings, *remarks(self._rows)]
        data.sort = ""

    def sort(self, title: str) -> None:
        """Sorts by a column; again turns the order round. What has no number stays at the end."""
        data = self.state.data
        data.descending = not data.descending if data.sort == title else False
        data.sort = title
        if title in NUMBERS:
            known = [row for row in self._rows if math.isfinite(row.values[title])]
            known.sort(key=lambda row: row.values[title], reverse=data.descending)
            rows = [*known, *(row for row in self._rows if not math.isfinite(row.values[title]))]
        elif title == ACCEPTED:
            rows = sorted(self._rows, key=lambda row: row.accepted, reverse=data.descending)
        else:
            rows = self._rows[::-1] if data.descending else self._rows
        data.rows = [self._row(row) for row in rows]

    def build(self) -> None:
        """The page of the right side."""
        name = self.state.name
        with html.Div(classes="tmli-section"):
            with html.H2("Reference"):
                VBtn(
                    "RT Structure Set", size="small", variant="text", prepend_icon="mdi-folder-outline", click=self.ask
                )
            html.Div("{{ " + f"{name.reference} || 'None chosen'" + " }}", classes="tmli-strong")
            with html.Div(classes="tmli-row mt-2"):
                with html.Select(
                    v_model=(name.profile,), classes="tmli-select tmli-grow", title="How surfaces are measured"
                ):
                    for value, title in PROFILES.items():
                        html.Option(title, value=value)
                VBtn(
                    "Compare",
                    id="compare",
                    variant="flat",
                    color="primary",
                    size="small",
                    disabled=(f"!{name.reference} || {self._working.state.name.busy}",),
                    click=(self._problems.in_background(self.compare), f"[{name.profile}]"),
                )
        with html.Div(classes="tmli-section", v_if=(self._working.state.name.busy,)):
            self._working.build()
        with html.Div(v_else_if=f"{name.rows}.length"):
            self._build_table()
            with html.Div(classes="tmli-section"):
                html.Div("{{ " + name.mean + " }}", classes="tmli-strong")
                html.Div("{{ finding }}", v_for=f"finding in {name.findings}", key="finding", classes="tmli-quiet")
                html.Div("Profile of the distances: {{ " + name.profile_told + " }}", classes="tmli-quiet")
                VBtn(
                    "Save as CSV",
                    size="small",
                    variant="tonal",
                    classes="mt-3",
                    prepend_icon="mdi-download",
                    click="utils.download('tmli-metrics.csv', trigger('metrics_csv'), 'text/csv')",
                )

    def _build_table(self) -> None:
        name = self.state.name
        with html.Table(classes="tmli-table", id="metrics"):
            with html.Thead(), html.Tr():
                for title, (head, unit, tip) in HEADS.items():
                    with html.Th(title=tip, click=(self.sort, f"['{title}']")):
                        html.Span(head)
                        VIcon(
                            icon=(f"{name.descending} ? 'mdi-menu-down' : 'mdi-menu-up'",),
                            v_if=(f"{name.sort} === '{title}'",),
                            size="x-small",
                        )
                        html.Div(unit, classes="tmli-unit")
            with (
                html.Tbody(),
                html.Tr(
                    v_for=f"row in {name.rows}", key="row.name", click=(self._session.jump_to_structure, "[row.name]")
                ),
            ):
                with html.Td():
                    html.Span(classes="tmli-swatch", v_bind_style="{background: row.colour}")
                    html.Span("{{ row.label }}")
                html.Td("{{ cell }}", v_for="(cell, i) in row.cells", key="i")
                html.Td(
                    "{{ row.mark }}",
                    v_bind_class="row.mark === 'yes' ? 'tmli-pass' : 'tmli-fail'",
                    v_bind_title="row.remark",
                )

    def _row(self, row: Row) -> dict:
        return {
            "name": row.structure,
            "label": row.structure.replace("_", " "),
            "colour": colour_css(self._session.colour_of(row.structure)),
            "cells": [cell_text(row, title) for title in NUMBERS],
            "mark": cell_text(row, ACCEPTED),
            "remark": row.remark,
        }

    def _clear(self) -> None:
        self.state.data.reference = self._session.reference_name
        self._clear_rows()

    def _clear_rows(self) -> None:
        self._rows, self.state.data.rows, self.state.data.findings = [], [], []


def _mean(rows: list[Row]) -> str:
    scores = [row.values["DSC"] for row in rows if math.isfinite(row.values["DSC"])]
    if not scores:
        return ""
    accepted = sum(row.accepted for row in rows)
    return f"Mean DSC {sum(scores) / len(scores):.3f} over {len(scores)} structures; {accepted} above the limit"
