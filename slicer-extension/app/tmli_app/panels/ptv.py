"""The planning target volume: every CTV grown by its own margins, joined, kept inside the body."""

from __future__ import annotations

from dataclasses import dataclass, field

from TMLILib.errors import Problem
from TMLILib.targets import BODY_OF_CT, DEFAULT_MARGIN_MM, DIRECTIONS
from trame.widgets import html
from trame.widgets.vuetify3 import VBtn
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from ..dialogs import Problems
from ..session import CANCELLED, Session
from .words import colour_css
from .working import Working


@dataclass
class PtvState:
    """What the page shows of the PTV."""

    targets: list[dict] = field(default_factory=list)  # name, colour
    margins: dict = field(default_factory=dict)  # for each target six numbers as typed, mm
    cut: bool = True  # whether the PTV stays inside the body
    outcome: str = ""
    remarks: list[str] = field(default_factory=list)


class PtvPanel:
    """Asks for margins and makes the PTV."""

    def __init__(self, server: Server, session: Session, problems: Problems) -> None:
        self._session, self._problems = session, problems
        self._working = Working(server, "ptv_work")
        self.state = TypedState(server.state, PtvState, namespace="ptv")
        session.result_changed.append(self._show)

    async def make(self, margins: dict[str, dict[str, str]], cut: bool) -> None:
        """Makes the PTV anew from what is typed.

        The page says it with the click: what was typed just before may not have arrived as state.
        """
        data = self.state.data
        if self._working.state.data.busy:
            return
        data.outcome, data.remarks = "", []
        with self._problems.caught(), self._working.shown():
            margins_mm = {name: _numbers(name, typed) for name, typed in margins.items()}
            body = BODY_OF_CT if cut else ""
            target = await self._session.make_ptv(margins_mm, body, self._working.tell)
            data.outcome = f"{target.in_words()}, shown in blue" if target is not None else CANCELLED
            data.remarks = target.remarks if target is not None else []

    def build(self) -> None:
        """The page of the right side."""
        name = self.state.name
        html.Div(
            "The PTV is made from the CTVs. Segment first.", v_if=(f"!{name.targets}.length",), classes="tmli-empty"
        )
        with html.Div(v_else=True):
            with html.Div(v_for=f"target in {name.targets}", key="target.name", classes="tmli-section"):
                self._build_target()
            with html.Div(classes="tmli-section"):
                with html.Label(classes="tmli-row mb-3"):
                    html.Input(type="checkbox", classes="tmli-check", v_model=(name.cut,), id="cut-to-body")
                    html.Span("Cut to the body found in the CT")
                with html.Div(classes="tmli-row"):
                    VBtn(
                        "Make the PTV",
                        id="make-ptv",
                        variant="flat",
                        color="primary",
                        disabled=(self._working.state.name.busy,),
                        click=(self._problems.in_background(self.make), f"[{name.margins}, {name.cut}]"),
                    )
                    html.Span("{{ " + name.outcome + " }}", classes="tmli-quiet tmli-ptv-outcome")
                self._working.build()
                html.Div("{{ remark }}", v_for=f"remark in {name.remarks}", key="remark", classes="tmli-note")

    def _build_target(self) -> None:
        margins = self.state.name.margins
        own = f"{margins}[target.name]"

        # In the browser: an answer of the server would come over what is typed next.
        def becomes(six: str) -> str:
            return f"{margins} = {{...{margins}, [target.name]: {six}}}"

        typed = "$event.target.value"
        all_round = becomes("{" + ", ".join(f"{direction}: {typed}" for direction in DIRECTIONS) + "}")
        with html.Div(classes="tmli-row mb-2"):
            html.Span(classes="tmli-swatch", v_bind_style="{background: target.colour}")
            html.Span("{{ target.name }}", classes="tmli-strong tmli-grow")
            html.Span("all round", classes="tmli-quiet")
            html.Input(
                type="number",
                min="0",
                step="1",
                classes="tmli-number",
                style="width:64px",
                v_bind_value=f"new Set(Object.values({own})).size === 1 ? {own}.left : ''",
                change=all_round,
            )
            html.Span("mm", classes="tmli-quiet")
        with html.Table(classes="tmli-margins"):
            with html.Tr():
                for direction in DIRECTIONS:
                    html.Th(direction.capitalize())
            with html.Tr():
                for direction in DIRECTIONS:
                    with html.Td():
                        html.Input(
                            type="number",
                            min="0",
                            step="1",
                            classes="tmli-number",
                            v_bind_value=f"{own}.{direction}",
                            change=becomes(f"{{...{own}, {direction}: {typed}}}"),
                        )

    def _show(self) -> None:
        data = self.state.data
        targets = [item for item in self._session.structures() if item.name.startswith("CTV") and item.volume_ml]
        remembered = self._session.parameters.margins_mm
        default = [DEFAULT_MARGIN_MM] * len(DIRECTIONS)
        data.margins = {
            item.name: {
                direction: f"{mm:g}"
                for direction, mm in zip(DIRECTIONS, remembered.get(item.name, default), strict=True)
            }
            for item in targets
        }
        data.targets = [{"name": item.name, "colour": colour_css(item.colour)} for item in targets]


def _numbers(target: str, typed: dict[str, str]) -> list[float]:
    try:
        return [float(typed[direction]) for direction in DIRECTIONS]
    except ValueError as error:
        raise Problem(f"A margin of {target} is no number.", "Give each margin in millimetres.") from error
