"""The RT Structure Set, for the planning system."""

from __future__ import annotations

from dataclasses import dataclass, field

from trame.widgets import client, html
from trame.widgets.vuetify3 import VBtn
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from ..dialogs import Problems
from ..session import CANCELLED, Session
from .working import Working

FILE_NAME = "tmli-rtstruct.dcm"


@dataclass
class ExportState:
    """What the page shows of the export."""

    label: str = "TMLI auto"
    refers_to: list[str] = field(default_factory=list)
    count: int = 0
    outcome: str = ""
    made: int = 0  # how many files so far; the page fetches each


class ExportPanel:
    """Writes an RT Structure Set that refers to the CT as it was read, and hands it to the browser."""

    def __init__(self, server: Server, session: Session, problems: Problems) -> None:
        self._session, self._problems = session, problems
        self._content = b""
        self._working = Working(server, "export_work")
        self.state = TypedState(server.state, ExportState, namespace="export")
        session.ct_changed.append(self._show)
        session.result_changed.append(self._show)
        server.controller.trigger("export_content")(lambda: self._content)

    async def write(self, label: str) -> None:
        """Writes the file; the page, which says the label with the click, fetches it when it is there."""
        data = self.state.data
        if self._working.state.data.busy:
            return
        data.outcome = ""
        with self._problems.caught(), self._working.shown():
            made = await self._session.structure_set(label, self._working.tell)
            if made is None:
                data.outcome = CANCELLED
                return
            self._content, exported = made
            words = f"{len(exported.written)} structures written"
            data.outcome = words + (f"; empty: {', '.join(exported.empty)}" if exported.empty else "")
            data.made += 1

    def build(self) -> None:
        """The page of the right side."""
        name = self.state.name
        fetch = f"utils.download('{FILE_NAME}', trigger('export_content'), 'application/dicom')"
        client.ClientStateChange(value=name.made, change=fetch)
        html.Div("Nothing to export yet. Segment first.", v_if=(f"!{name.count}",), classes="tmli-empty")
        with html.Div(v_else=True):
            with html.Div(classes="tmli-section"):
                html.H2("RT Structure Set")
                html.Div("{{ " + name.count + " }} structures", classes="tmli-strong")
                html.Div("{{ line }}", v_for=f"line in {name.refers_to}", key="line", classes="tmli-quiet")
                html.Div("Every contour needs review before clinical use.", classes="tmli-note")
            with html.Div(classes="tmli-section"):
                html.H2("Label")
                html.Input(
                    type="text", maxlength="16", classes="tmli-number", style="text-align:left", v_model=(name.label,)
                )
                VBtn(
                    "Download",
                    id="download",
                    block=True,
                    variant="flat",
                    color="primary",
                    classes="mt-4",
                    prepend_icon="mdi-download",
                    disabled=(self._working.state.name.busy,),
                    click=(self._problems.in_background(self.write), f"[{name.label}]"),
                )
                self._working.build()
                html.Div("{{ " + name.outcome + " }}", classes="tmli-quiet mt-3 tmli-export-outcome")

    def _show(self) -> None:
        data, origin = self.state.data, self._session.export_origin()
        data.count = sum(1 for item in self._session.structures() if item.volume_ml)
        data.refers_to, data.outcome = origin.in_words().splitlines() if origin is not None else [], ""
