"""The structures that were found: what is shown of them, and where they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VIcon
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from ..session import Session
from ..viewers import Viewers
from .words import colour_css


@dataclass
class StructuresState:
    """The list on the page."""

    rows: list[dict] = field(default_factory=list)  # id, label, colour, volume, source, shown
    remarks: list[str] = field(default_factory=list)
    in_3d: bool = True


class StructuresPanel:
    """Lists the segments; a click on the eye shows or hides, a click on the name goes there."""

    def __init__(self, server: Server, session: Session, viewers: Viewers) -> None:
        self._session, self._viewers = session, viewers
        self.state = TypedState(server.state, StructuresState, namespace="structures")
        self.state.bind_changes({self.state.name.in_3d: viewers.set_3d_visible})
        session.result_changed.append(self._show)

    def show(self, segment_id: str, shown: bool) -> None:
        """Shows or hides one structure."""
        self._session.show_segment(segment_id, shown)
        self.state.data.rows = [
            {**row, "shown": shown} if row["id"] == segment_id else row for row in self.state.data.rows
        ]

    def show_all(self, shown: bool) -> None:
        """Shows or hides every structure."""
        for row in self.state.data.rows:
            self._session.show_segment(row["id"], shown)
        self.state.data.rows = [{**row, "shown": shown} for row in self.state.data.rows]

    def build(self) -> None:
        """The page of the right side."""
        name = self.state.name
        html.Div(
            "No structures yet. Click <b>Auto-segment TMLI</b>.", v_if=(f"!{name.rows}.length",), classes="tmli-empty"
        )
        with html.Div(v_else=True, classes="tmli-section tmli-structures"):
            with html.Div(classes="tmli-row mb-2"):
                html.Span("{{ " + name.rows + ".length }} structures", classes="tmli-strong tmli-grow")
                VBtn("All", size="x-small", variant="tonal", click=(self.show_all, "[true]"))
                VBtn("None", size="x-small", variant="tonal", click=(self.show_all, "[false]"))
                with html.Label(classes="tmli-row tmli-quiet"):
                    html.Input(type="checkbox", classes="tmli-check", v_model=(name.in_3d,))
                    html.Span("3D")
            html.Div("{{ remark }}", v_for=f"remark in {name.remarks}", key="remark", classes="tmli-note mb-2")
            with (
                html.Ul(classes="tmli-list"),
                html.Li(
                    v_for=f"row in {name.rows}",
                    key="row.id",
                    v_bind_class="['tmli-item', row.shown ? '' : 'tmli-off']",
                    v_bind_title="row.source",
                    click=(self._session.jump_to_segment, "[row.id]"),
                ),
            ):
                with VBtn(
                    icon=True,
                    size="x-small",
                    variant="text",
                    density="compact",
                    v_on_click_stop=(self.show, "[row.id, !row.shown]"),
                ):
                    VIcon(icon=("row.shown ? 'mdi-eye-outline' : 'mdi-eye-off-outline'",), size="small")
                html.Span(classes="tmli-swatch", v_bind_style="{background: row.colour}")
                html.Span("{{ row.label }}")
                html.Span("{{ row.volume }}", classes="tmli-value")

    def _show(self) -> None:
        self.state.data.rows = [
            {
                "id": item.segment_id,
                "label": item.name.replace("_", " "),
                "colour": colour_css(item.colour),
                "volume": f"{item.volume_ml:.1f} ml",
                "source": f"from the model {item.source}" if item.source else "",
                "shown": item.shown,
            }
            for item in self._session.structures()
        ]
        self.state.data.remarks = self._session.remarks
