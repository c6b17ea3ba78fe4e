"""The app with what a user brings: a CT of their own, models, a reference; and what can be wrong with them."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from conftest import MODELS, App, choose, problem, rows, shot, wait_for
from playwright.sync_api import Browser, Page
from pydicom.uid import MRImageStorage

import tmli


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two CT series, as a patient who was scanned twice has."""
    folder = tmp_path_factory.mktemp("patient")
    for name, seed, age in (("first", 17, 4.0), ("second", 18, 7.0)):
        tmli.write_phantom(str(folder / name), seed, age_years=age, matrix=128)
    return folder


def opened(browser: Browser, app: App) -> Page:
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.goto(app.address)
    return page


@pytest.fixture(scope="module")
def own(browser: Browser, patient: Path) -> Iterator[Page]:
    """The page of an app that was started with `--ct DIR`."""
    app = App("--ct", str(patient))
    yield opened(browser, app)
    app.end()


@pytest.fixture(scope="module")
def loaded(own: Page) -> Page:
    """After one of the two series was chosen."""
    own.wait_for_selector(".tmli-browse .tmli-item")
    choices = own.locator(".tmli-browse .tmli-item")
    assert choices.count() == 2 and "slices" in choices.first.inner_text()
    shot(own, "app-series")
    choices.first.click()
    own.wait_for_selector(".tmli-ct-title:not(:empty)")
    wait_for(lambda: "25 structures" in own.inner_text(".tmli-models"), "the models")
    return own


@pytest.fixture(scope="module")
def segmented_own(loaded: Page) -> Page:
    loaded.click("#auto-segment")
    loaded.wait_for_selector(".tmli-outcome:has-text('structures in')")
    return loaded


def test_one_of_several_series_is_chosen(loaded: Page) -> None:
    assert "voxels of" in loaded.inner_text(".tmli-ct") and "HFS" in loaded.inner_text(".tmli-ct")


def test_a_structure_set_of_another_patient_is_no_reference(segmented_own: Page, tmp_path: Path) -> None:
    tmli.write_phantom(str(tmp_path / "other"), 99, age_years=5.0, matrix=128)
    segmented_own.click(".v-tab:has-text('Metrics')")
    before = segmented_own.inner_text("#tab-metrics")
    segmented_own.click("#tab-metrics button:has-text('RT Structure Set')")
    choose(segmented_own, tmp_path / "other" / "rtstruct.dcm")
    words = problem(segmented_own)
    assert "That did not work" in words and str(tmp_path) not in words
    assert segmented_own.inner_text("#tab-metrics") == before


def test_an_own_structure_set_is_the_reference_and_the_table_is_saved(
    segmented_own: Page, patient: Path, tmp_path: Path
) -> None:
    sets = [patient / name / "rtstruct.dcm" for name in ("first", "second")]
    shown = int(segmented_own.inner_text(".tmli-ct").split(" × ")[2].split()[0])
    slices = {path: len(list((path.parent / "ct").iterdir())) for path in sets}
    (own_set,) = [path for path, count in slices.items() if count == shown]
    shutil.copy(own_set, tmp_path / "by-hand.dcm")
    segmented_own.click(".v-tab:has-text('Metrics')")
    segmented_own.click("#tab-metrics button:has-text('RT Structure Set')")
    choose(segmented_own, tmp_path / "by-hand.dcm")
    segmented_own.click("#compare")
    segmented_own.wait_for_selector("#metrics tbody tr")
    with segmented_own.expect_download() as download:
        segmented_own.click("button:has-text('Save as CSV')")
    assert download.value.suggested_filename == "tmli-metrics.csv"
    download.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        saved = {row["Structure"]: row for row in csv.DictReader(file)}
    read = rows(segmented_own)
    assert list(saved) == list(read) and len(saved) >= 20
    for name, cells in read.items():
        assert f"{float(saved[name]['DSC']):.3f}" == cells[0] and saved[name]["Profile"] == "surfel"


# --------------------------------------------------------------------------------------------------- what is wrong


def test_an_mr_is_refused_and_the_ct_stays(segmented_own: Page, patient: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted((patient / "first" / "ct").iterdir())[:5]):
        image = pydicom.dcmread(path)
        image.Modality, image.SOPClassUID = "MR", MRImageStorage
        image.file_meta.MediaStorageSOPClassUID = MRImageStorage
        image.save_as(tmp_path / f"{number}.dcm")
    title = segmented_own.inner_text(".tmli-ct")
    segmented_own.click(".tmli-ct button:has-text('Open a folder')")
    choose(segmented_own, tmp_path)
    assert "no CT series" in problem(segmented_own)
    assert segmented_own.inner_text(".tmli-ct") == title


@pytest.fixture(scope="module")
def without_models(segmented_own: Page, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """After the folder of the chosen models went away."""
    models = tmp_path_factory.mktemp("gone") / "models"
    shutil.copytree(MODELS / "all-2d", models)
    segmented_own.click(".tmli-models button:has-text('Choose')")
    choose(segmented_own, models)
    segmented_own.wait_for_selector(".tmli-browse", state="hidden")
    shutil.rmtree(models)
    return segmented_own


def test_models_that_went_away_are_told_and_the_result_stays(without_models: Page) -> None:
    without_models.click(".v-tab:has-text('Structures')")
    before = without_models.locator(".tmli-structures li").count()
    without_models.click("#auto-segment")
    assert "not there any more" in problem(without_models)
    assert without_models.locator(".tmli-structures li").count() == before >= 20


def test_another_series_is_opened_by_the_button_also_without_models(without_models: Page, patient: Path) -> None:
    before = without_models.inner_text(".tmli-ct")
    without_models.click(".tmli-ct button:has-text('Open a folder')")
    choose(without_models, patient)
    without_models.wait_for_selector(".tmli-browse:has-text('Which CT series?')")
    without_models.locator(".tmli-browse .tmli-item").last.click()
    wait_for(lambda: "voxels of" in (now := without_models.inner_text(".tmli-ct")) and now != before, "the other CT")
    assert "not there any more" in without_models.inner_text(".tmli-memory")
    without_models.click(".v-tab:has-text('Structures')")
    assert without_models.locator(".tmli-structures li").count() == 0, "they were those of the CT of before"


def test_without_a_ct_and_without_an_engine_the_page_says_what_to_do(browser: Browser, tmp_path: Path) -> None:
    app = App("--ct", str(tmp_path), "--worker", str(tmp_path / "tmli-worker"))
    try:
        page = opened(browser, app)
        first = page.wait_for_selector(".tmli-problem-what").inner_text()
        page.click(".tmli-problem button:has-text('Close')")
        wait_for(lambda: page.inner_text(".tmli-problem-what") != first, "the second problem")
        said = [first, problem(page)]
        assert any("holds no file at all" in words for words in said), said
        assert any("tmli-worker" in words for words in said), said
        page.click("#auto-segment")
        assert "There is no CT to segment" in problem(page)
        page.close()
    finally:
        app.end()
