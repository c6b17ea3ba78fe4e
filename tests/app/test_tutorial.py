"""docs/getting-started/browser-app.md: its words in bold are on the page, and what it says of looking holds."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from conftest import MODELS, ROOT, offset_mm, shot, wait_for
from pixels import picture
from playwright.sync_api import Page

import tmli

TUTORIAL = (ROOT / "docs/getting-started/browser-app.md").read_text(encoding="utf-8")
TABS = ("Structures", "Metrics", "PTV", "Export")


def bold(text: str) -> list[str]:
    """What stands in bold, without the full stop that a sentence in bold ends with."""
    return [words.rstrip(".") for words in re.findall(r"\*\*(.+?)\*\*", " ".join(text.split()))]


@pytest.fixture(scope="module")
def seen(segmented: Page) -> str:
    """What a user reads on the page with each of the results in front; in small letters, for headings are capitals."""
    segmented.click(".v-tab:has-text('Metrics')")
    segmented.click("#compare")
    segmented.wait_for_selector("#metrics tbody tr")
    texts = []
    for tab in TABS:
        segmented.click(f".v-tab:has-text('{tab}')")
        segmented.wait_for_selector(f"#tab-{tab.lower()}", state="visible")
        texts.append(segmented.inner_text("body"))
    return "\n".join(texts).lower()


@pytest.mark.parametrize("words", bold(TUTORIAL))
def test_what_the_tutorial_prints_in_bold_is_on_the_page(words: str, seen: str, told: list[str]) -> None:
    assert words.lower() in seen or any(words in running for running in told)


def test_the_group_of_a_structure_unfolds_to_its_scores(segmented: Page) -> None:
    segmented.click(".tmli-group:has-text('Organs 1')")
    liver = segmented.wait_for_selector(".tmli-left li:has-text('Liver')")
    (source,) = tmli.choose_models(sorted(MODELS.iterdir()), ["Liver"])
    assert liver.inner_text().split() == ["Liver", f"{source.validation_dsc:.2f}", f"{source.validation_hd95_mm:.1f}"]
    assert source.model in liver.query_selector(".tmli-value").get_attribute("title")
    shot(segmented, "app-scores")
    segmented.click(".tmli-group:has-text('Organs 1')")


def test_yellow_notes_say_what_to_look_at_first(segmented: Page) -> None:
    segmented.click(".v-tab:has-text('Structures')")
    notes = segmented.locator(".tmli-structures .tmli-note").all_inner_texts()
    assert any("Weak on the model" in note for note in notes), notes


def pointed_at(page: Page, view: str, right: float, down: float) -> tuple[float, float]:
    """A place in a view, as a part of its width and height."""
    box = page.locator(f"#view-{view}").bounding_box()
    return box["x"] + right * box["width"], box["y"] + down * box["height"]


@pytest.mark.parametrize("view", ["Axial", "Coronal", "Sagittal"])
def test_the_wheel_shows_the_next_slice(segmented: Page, view: str) -> None:
    before = offset_mm(segmented, view)
    segmented.mouse.move(*pointed_at(segmented, view, 0.5, 0.5))
    segmented.mouse.wheel(0, 120)
    wait_for(lambda: offset_mm(segmented, view) != before, "the next slice")
    segmented.mouse.wheel(0, -120)
    wait_for(lambda: offset_mm(segmented, view) == before, "the slice of before")


def changed(page: Page, view: str, before: np.ndarray) -> bool:
    return (np.abs(picture(page, view) - before).max(axis=-1) > 60).mean() > 0.02


def settled(page: Page, view: str) -> tuple[np.ndarray, float]:
    """The picture and the place of a view once both stay the same for two seconds."""

    def looks() -> tuple[np.ndarray, float]:
        return picture(page, view), offset_mm(page, view)

    def at_rest() -> tuple[np.ndarray, float] | None:
        first = looks()
        time.sleep(2.0)
        second = looks()
        return second if first[1] == second[1] and (first[0] == second[0]).all() else None

    return wait_for(at_rest, f"{view} to come to rest")


def test_ctrl_and_the_wheel_zoom(segmented: Page) -> None:
    fit = segmented.locator("#view-Coronal .tmli-view-buttons button").nth(1)
    fit.click()
    before, offset = settled(segmented, "Coronal")
    segmented.mouse.move(*pointed_at(segmented, "Coronal", 0.5, 0.5))
    segmented.keyboard.down("Control")
    for _ in range(3):
        segmented.mouse.wheel(0, -120)
    segmented.keyboard.up("Control")
    wait_for(lambda: changed(segmented, "Coronal", before), "a larger picture")
    assert offset_mm(segmented, "Coronal") == offset
    fit.click()
    wait_for(lambda: not changed(segmented, "Coronal", before), "the picture of before")


def test_shift_and_a_move_show_the_same_place_in_all_views(segmented: Page) -> None:
    before = {view: settled(segmented, view) for view in ("Axial", "Sagittal")}
    segmented.mouse.move(*pointed_at(segmented, "Coronal", 0.5, 0.5))
    segmented.keyboard.down("Shift")
    segmented.mouse.move(*pointed_at(segmented, "Coronal", 0.55, 0.2), steps=3)
    for view, (seen, offset) in before.items():
        wait_for(lambda view=view, offset=offset: offset_mm(segmented, view) != offset, f"another place in {view}")
        wait_for(lambda view=view, seen=seen: changed(segmented, view, seen), f"its picture in {view}")
    segmented.keyboard.up("Shift")
