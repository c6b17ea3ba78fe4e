"""Choosing a folder or a file of this computer, and one of several things found in it.

The server and the browser are the same computer, so nothing is uploaded: the page lists folders as a file dialog does.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VCard, VCardActions, VCardText, VCardTitle, VDialog, VIcon, VSpacer, VTextField
from trame_server import Server
from trame_server.utils.typed_state import TypedState

from .dialogs import Problems

MOST_ENTRIES = 2000


@dataclass
class BrowseState:
    """What the dialog shows."""

    shown: bool = False
    title: str = ""
    path: str = ""
    files: bool = False  # whether files are offered too
    entries: list[dict] = field(default_factory=list)  # name, path, folder
    choices: list[dict] = field(default_factory=list)  # value, title, subtitle: to take one of, once a place is chosen
    message: str = ""


class Browse:
    """One dialog for every question of the kind "which folder?"."""

    def __init__(self, server: Server, problems: Problems, start: Path) -> None:
        self._problems = problems
        self._accept = problems.in_background(self._accepted)
        self._take: Callable[[Path], Awaitable[None]] | None = None
        self._choose: Callable[[str], Awaitable[None]] | None = None
        self.state = TypedState(server.state, BrowseState, namespace="browse")
        self.state.data.path = str(start)

    def ask(
        self, title: str, take: Callable[[Path], Awaitable[None]], *, files: bool = False, start: Path | None = None
    ) -> None:
        """Opens the dialog, at `start` or where it was last; `take` gets the folder, or with `files` the file."""
        data = self.state.data
        data.title, data.files, data.choices = title, files, []
        self._take = take
        self.open(str(start or data.path))
        data.shown = True

    def ask_one_of(self, title: str, choices: list[dict], choose: Callable[[str], Awaitable[None]]) -> None:
        """Offers what was found: `choices` are of `value`, `title` and `subtitle`."""
        data = self.state.data
        data.title, data.choices, data.message = title, choices, ""
        self._choose = choose
        data.shown = True

    def open(self, path: str) -> None:
        """Lists a folder; what cannot be listed is told in the dialog."""
        data = self.state.data
        folder = Path(path).expanduser()
        data.message = ""
        try:
            entries = sorted(
                _entries(folder, data.files), key=lambda entry: (not entry["folder"], entry["name"].lower())
            )
        except OSError as error:
            data.message = f"This folder cannot be opened: {error.strerror}."
            return
        if len(entries) > MOST_ENTRIES:
            data.message = f"Only the first {MOST_ENTRIES} of {len(entries)} entries are listed; type the path."
        data.path, data.entries = str(folder.absolute()), entries[:MOST_ENTRIES]

    def open_above(self) -> None:
        """Goes to the folder above."""
        self.open(str(Path(self.state.data.path).parent))

    def pick(self, path: str, folder: bool) -> None:
        """A click on an entry."""
        if folder:
            self.open(path)
        else:
            self._accept(path)

    async def _accepted(self, path: str) -> None:
        self.state.data.shown = False
        self.state.state.flush()
        if self._take is not None:
            await self._take(Path(path).expanduser())

    async def _chosen(self, value: str) -> None:
        self.state.data.shown = False
        self.state.state.flush()
        if self._choose is not None:
            await self._choose(value)

    # ---------------------------------------------------------------------------------------------- the page

    def build(self) -> None:
        """The dialog, closed at first."""
        name = self.state.name
        with VDialog(v_model=(name.shown,), max_width=640), VCard(classes="tmli-dialog tmli-browse"):
            VCardTitle("{{ " + name.title + " }}")
            with (
                VCardText(v_if=(f"{name.choices}.length",)),
                html.Ul(classes="tmli-list"),
                html.Li(
                    v_for=f"choice in {name.choices}",
                    key="choice.value",
                    classes="tmli-item py-1 px-2",
                    click=(self._problems.in_background(self._chosen), "[choice.value]"),
                ),
            ):
                VIcon("mdi-human", size="small", classes="mr-1")
                with html.Div():
                    html.Div("{{ choice.title }}", classes="tmli-strong")
                    html.Div("{{ choice.subtitle }}", classes="tmli-quiet")
            with VCardText(v_else=True):
                with html.Div(classes="tmli-row mb-2"):
                    VBtn(
                        icon="mdi-arrow-up", size="small", variant="tonal", click=self.open_above, title="Folder above"
                    )
                    VTextField(
                        v_model=(name.path,),
                        classes="tmli-grow tmli-path",
                        density="compact",
                        variant="outlined",
                        hide_details=True,
                        spellcheck=False,
                        v_on_keyup_enter=(self.open, f"[{name.path}]"),
                    )
                with html.Div(classes="tmli-folders pa-1"):
                    with html.Div(
                        v_for=f"entry in {name.entries}",
                        key="entry.path",
                        classes="tmli-item",
                        click=(self.pick, "[entry.path, entry.folder]"),
                    ):
                        VIcon("{{ entry.folder ? 'mdi-folder-outline' : 'mdi-file-outline' }}", size="small")
                        html.Span("{{ entry.name }}")
                    html.Div("Nothing here.", v_if=(f"!{name.entries}.length",), classes="tmli-quiet pa-3")
                html.Div("{{ " + name.message + " }}", v_if=(name.message,), classes="tmli-warn mt-2")
            with VCardActions():
                VSpacer()
                VBtn("Cancel", variant="text", click=f"{name.shown} = false")
                VBtn(
                    "Open this folder",
                    v_if=(f"!{name.files} && !{name.choices}.length",),
                    variant="flat",
                    color="primary",
                    classes="tmli-accept",
                    click=(self._accept, f"[{name.path}]"),
                )


def _entries(folder: Path, files: bool) -> list[dict]:
    with os.scandir(folder) as found:
        kept = [entry for entry in found if not entry.name.startswith(".") and (files or _is_folder(entry))]
        return [{"name": entry.name, "path": entry.path, "folder": _is_folder(entry)} for entry in kept]


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
