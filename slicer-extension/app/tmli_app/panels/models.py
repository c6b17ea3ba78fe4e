"""Which models, which structures, which device, and how much memory that takes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from TMLILib.errors import as_problem
from TMLILib.models import RESEARCH_USE, Source
from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VIcon
from trame_server import Server
from trame_server.utils.typed_state import TypedState

import tmli

from ..browse import Browse
from ..dialogs import Problems
from ..session import Session
from .words import GROUPS, colour_css, gigabytes

AUTOMATIC = {"value": "auto", "title": "Choose by itself"}


@dataclass
class ModelsState:
    """What the page shows of the models."""

    title: str = ""
    lines: list[str] = field(default_factory=list)
    groups: list[dict] = field(default_factory=list)  # title, structures: [name, label, colour, dsc, hd95, offered]
    checked: list[str] = field(default_factory=list)
    open_groups: list[str] = field(default_factory=list)
    device: str = "auto"
    devices: list[dict] = field(default_factory=list)  # value, title
    device_reason: str = ""
    memory: str = ""


class ModelsPanel:
    """Shows what the models can do and remembers what is wanted of them."""

    def __init__(self, server: Server, session: Session, browse: Browse, problems: Problems) -> None:
        self._session, self._browse, self._problems = session, browse, problems
        self.state = TypedState(server.state, ModelsState, namespace="models")
        self.state.data.devices = [AUTOMATIC]
        self.state.bind_changes(
            {
                self.state.name.checked: lambda _names: self._remember(),
                self.state.name.device: lambda _device: self._remember(),
            }
        )
        session.models_changed.append(self._show)
        session.ct_changed.append(self._tell_memory)

    def ask(self) -> None:
        """Opens the dialog for a folder of models."""
        with self._problems.caught():
            self._session.refuse_while_running()
            self._browse.ask("Open a folder of models", self._load)

    async def _load(self, folder: Path) -> None:
        self._session.take_models(await asyncio.to_thread(self._session.read_models, folder))

    def toggle(self, names: list[str], wanted: bool) -> None:
        """Checks or unchecks structures."""
        offered = self._session.models.structures if self._session.models else []
        checked = (set(self.state.data.checked) | set(names)) if wanted else (set(self.state.data.checked) - set(names))
        self.state.data.checked = [name for name in offered if name in checked]

    async def describe_devices(self) -> None:
        """Asks the engine what there is to compute with; that starts the worker, so it takes a few seconds."""
        description = await asyncio.to_thread(self._session.describe_engine)
        usable = [device for device in description["devices"] if device["usable"]]
        gpus = [device["name"] for device in usable if device["name"] != "cpu"]
        self._session.automatic_device = gpus[0] if gpus else "cpu"
        with self.state.state:
            self._tell_memory()
            self.state.data.devices = [
                AUTOMATIC,
                *({"value": device["name"], "title": device["reason"].split(":")[0]} for device in usable),
            ]
            self.state.data.device_reason = f"By itself it takes the {description['auto']}."

    def build(self) -> None:
        """The sections of the page."""
        name = self.state.name
        with html.Div(classes="tmli-section tmli-models"):
            with html.H2("Models"):
                VBtn("Choose", size="small", variant="text", prepend_icon="mdi-folder-outline", click=self.ask)
            html.Div("{{ " + name.title + " }}", classes="tmli-strong")
            html.Div("{{ line }}", v_for=f"line in {name.lines}", key="line", classes="tmli-quiet")
            html.Div(RESEARCH_USE, classes="tmli-note")
        with html.Div(classes="tmli-section"):
            with html.H2("Structures"):
                html.Span("validation DSC, HD95 in mm", classes="tmli-quiet")
            with html.Div(v_for=f"group in {name.groups}", key="group.title"):
                self._build_group()
        with html.Div(classes="tmli-section"):
            html.H2("Compute on")
            with html.Select(v_model=(name.device,), classes="tmli-select", style="width:100%", id="device"):
                html.Option(
                    "{{ device.title }}",
                    v_for=f"device in {name.devices}",
                    key="device.value",
                    v_bind_value="device.value",
                )
            html.Div("{{ " + name.device_reason + " }}", classes="tmli-quiet mt-2", v_if=(name.device_reason,))
            html.Div("{{ " + name.memory + " }}", classes="tmli-quiet tmli-memory", v_if=(name.memory,))

    def _build_group(self) -> None:
        name = self.state.name
        members = "group.structures.filter(s => s.offered).map(s => s.name)"
        count = f"{members}.filter(n => {name.checked}.includes(n)).length"
        is_open = f"{name.open_groups}.includes(group.title)"
        opened = name.open_groups
        flip = f"{opened} = {is_open} ? {opened}.filter(g => g !== group.title) : [...{opened}, group.title]"
        with html.Div(classes="tmli-item tmli-group", click=flip):
            html.Input(
                type="checkbox",
                classes="tmli-check",
                v_bind_checked=f"{count} > 0",
                v_bind_indeterminate=f"{count} > 0 && {count} < {members}.length",
                v_bind_disabled=f"!{members}.length",
                v_on_click_stop=(self.toggle, f"[{members}, {count} < {members}.length]"),
            )
            html.Span("{{ group.title }}")
            html.Span("{{ " + count + " }} of {{ group.structures.length }}", classes="tmli-value")
            VIcon(icon=(f"{is_open} ? 'mdi-chevron-up' : 'mdi-chevron-down'",), size="small")
        with (
            html.Ul(classes="tmli-list pl-5", v_if=(is_open,)),
            html.Li(
                v_for="structure in group.structures",
                key="structure.name",
                v_bind_class="['tmli-item', structure.offered ? '' : 'tmli-off']",
                v_bind_title="structure.offered ? '' : 'No chosen model knows this structure'",
                click=(
                    self.toggle,
                    f"[structure.offered ? [structure.name] : [], !{name.checked}.includes(structure.name)]",
                ),
            ),
        ):
            html.Input(
                type="checkbox",
                classes="tmli-check",
                v_bind_checked=f"{name.checked}.includes(structure.name)",
                v_bind_disabled="!structure.offered",
            )
            html.Span(classes="tmli-swatch", v_bind_style="{background: structure.colour}")
            html.Span("{{ structure.label }}")
            html.Span("{{ structure.dsc }}", classes="tmli-value", v_bind_title="structure.source")
            html.Span("{{ structure.hd95 }}", classes="tmli-value tmli-mm", v_bind_title="structure.source")

    # ----------------------------------------------------------------------------------------------- details

    def _show(self) -> None:
        models, data = self._session.models, self.state.data
        names, sources = models.structures, models.sources
        data.title = ", ".join(manifest.name for manifest in models.manifests)
        data.lines = models.in_words().replace(RESEARCH_USE, "").strip().splitlines()
        data.groups = [
            {
                "title": title,
                "structures": [
                    {
                        "name": structure.name,
                        "label": structure.name.replace("_", " "),
                        "colour": colour_css(structure.colour),
                        **_scores(sources.get(structure.name)),
                        "offered": structure.name in names,
                    }
                    for structure in tmli.protocol().structures
                    if structure.group in groups
                ],
            }
            for title, groups in GROUPS.items()
        ]
        unchecked = set(self._session.parameters.unchecked)
        data.checked = [name for name in names if name not in unchecked]
        data.device = self._session.parameters.device
        self._tell_memory()

    def _remember(self) -> None:
        if self._session.models is None:
            return
        checked = set(self.state.data.checked)
        self._session.parameters.unchecked = [name for name in self._session.models.structures if name not in checked]
        self._session.parameters.device = self.state.data.device
        self._tell_memory()

    def _tell_memory(self) -> None:
        try:
            expected = self._session.expected_memory()
        except Exception as error:
            # Another CT can be looked at while the models are gone; a run says as a dialog what to do.
            self.state.data.memory = as_problem(error).what
            return
        words = "" if expected is None else f"Needs about {gigabytes(expected.host_bytes)} of memory"
        if expected is not None and expected.device_bytes:
            words += f" and {gigabytes(expected.device_bytes)} on the GPU"
        self.state.data.memory = words


def _scores(source: Source | None) -> dict[str, str]:
    """How good the model was that a run will take a structure from."""
    dsc, hd95_mm = (source.validation_dsc, source.validation_hd95_mm) if source else (None, None)
    return {
        "dsc": "–" if dsc is None else f"{dsc:.2f}",
        "hd95": "–" if hd95_mm is None else f"{hd95_mm:.1f}",
        "source": f"Of the model {source.model} on its validation patients" if source else "",
    }
