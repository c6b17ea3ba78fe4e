"""From a CT to an RT Structure Set in the browser, with the real worker and the shipped model."""

from __future__ import annotations

import os
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pydicom
import pytest
from conftest import App, offset_mm, problem, rows, shot, wait_for
from pixels import count, picture
from playwright.sync_api import Browser, Page

import tmli

CTV1, CTV2, PTV = (255, 0, 0), (255, 128, 0), (0, 0, 255)
NUMBER = re.compile(r"-?[\d.]+")


# ------------------------------------------------------------------------------------------------ before a run


def test_opens_with_a_child_and_the_models(page: Page) -> None:
    assert "Phantom child" in page.inner_text(".tmli-ct-title")
    wait_for(lambda: "25 structures" in page.inner_text(".tmli-models"), "the models")
    assert "research use" in page.inner_text(".tmli-models")
    for view in ("Axial", "Coronal", "Sagittal"):
        wait_for(lambda view=view: (picture(page, view).max(axis=-1) > 100).mean() > 0.02, f"the CT in {view}")
    shot(page, "app-child")


def test_says_how_much_memory_a_run_takes(page: Page) -> None:
    wait_for(lambda: re.search(r"Needs about [\d.]+ [MG]B", page.inner_text(".tmli-left")), "the expected memory")


def test_structures_are_chosen_by_group(page: Page) -> None:
    group = page.locator(".tmli-group:has-text('Targets')")
    assert "3 of 3" in group.inner_text()
    group.locator("input").click()
    wait_for(lambda: "0 of 3" in group.inner_text(), "no target to be checked")
    group.locator("input").click()
    wait_for(lambda: "3 of 3" in group.inner_text(), "all targets to be checked")


def test_a_run_can_be_cancelled(page: Page) -> None:
    page.click("#auto-segment")
    # At once, without the checks of a click: the small child takes only seconds.
    page.locator("#cancel").dispatch_event("click")
    page.wait_for_selector(".tmli-outcome:has-text('Cancelled')")
    assert page.locator(".tmli-structures").count() == 0
    assert count(page, "Coronal", CTV1) == 0


# ------------------------------------------------------------------------------------------------- after a run


def test_progress_moves_forward(segmented: Page, progress: list[float]) -> None:
    assert progress == sorted(progress)
    assert len(set(progress)) >= 3, progress


def test_the_time_left_is_told(segmented: Page, told: list[str]) -> None:
    assert any(" left" in words for words in told), told


def test_segments_are_seen_in_their_colours(segmented: Page) -> None:
    assert segmented.locator(".tmli-structures li").count() >= 20
    wait_for(lambda: count(segmented, "Coronal", CTV1) > 100, "CTV1 in red")
    wait_for(lambda: count(segmented, "Coronal", CTV2) > 100, "CTV2 in orange")
    wait_for(lambda: count(segmented, "ThreeD", CTV2) > 500, "CTV2 in 3D")
    shot(segmented, "app-segmented")


def test_the_eye_hides_and_shows(segmented: Page) -> None:
    segmented.click(".v-tab:has-text('Structures')")
    before = count(segmented, "Coronal", CTV2)
    eye = segmented.locator(".tmli-structures li:has-text('CTV2') button")
    eye.click()
    # Where the red of CTV1 lies over grey, some pixels are orange too.
    wait_for(lambda: count(segmented, "Coronal", CTV2) < before / 2, "CTV2 to go")
    eye.click()
    wait_for(lambda: count(segmented, "Coronal", CTV2) > 0.9 * before, "CTV2 to come back")


def test_a_click_on_a_structure_goes_there(segmented: Page) -> None:
    segmented.click(".tmli-structures li:has-text('Bladder')")
    low = wait_for(lambda: offset_mm(segmented, "Axial"), "an offset")
    segmented.click(".tmli-structures li:has-text('Brainstem')")
    wait_for(lambda: offset_mm(segmented, "Axial") > low + 200, "the brainstem")


def test_a_view_fills_the_page_and_gives_it_back(segmented: Page) -> None:
    button = segmented.locator("#view-Coronal .tmli-view-buttons button").first
    button.click()
    wait_for(lambda: not segmented.locator("#view-Axial").is_visible(), "the other views to go")
    button.click()
    wait_for(lambda: segmented.locator("#view-Axial").is_visible(), "the other views to come back")


# ---------------------------------------------------------------------------------------- metrics, PTV, export


def test_the_file_refers_to_the_ct_of_the_page(segmented: Page, structure_set: Path) -> None:
    shown = re.search(r"SeriesInstanceUID\s+([\d.]+)", segmented.inner_text("#tab-export"))[1]
    written = pydicom.dcmread(structure_set)
    assert written.Modality == "RTSTRUCT"
    (frame,) = written.ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    (series,) = study.RTReferencedSeriesSequence
    assert series.SeriesInstanceUID == shown
    images = {item.ReferencedSOPInstanceUID for item in series.ContourImageSequence}
    slices = int(re.search(r"(\d+) voxels", segmented.inner_text(".tmli-ct"))[1])
    assert len(images) == slices
    for roi in written.ROIContourSequence:
        for contour in roi.ContourSequence:
            assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID in images


@pytest.mark.parametrize("profile", ["net", "surfel"])
def test_the_table_says_what_tmli_compare_says(profile: str, segmented: Page, structure_set: Path, child: Path) -> None:
    segmented.click(".v-tab:has-text('Metrics')")
    segmented.locator("#tab-metrics select").select_option(profile)
    segmented.click("#compare")
    segmented.wait_for_selector(f"#tab-metrics:has-text('Profile of the distances: {profile}') #metrics tbody tr")
    shot(segmented, "app-metrics")
    geometry = tmli.read_ct_series(str(child)).volume.geometry
    truth = tmli.read_structure_set(str(child / "rtstruct.dcm")).rasterise(geometry)
    found = tmli.read_structure_set(str(structure_set)).rasterise(geometry)
    expected = {
        metrics.structure: [
            f"{metrics.dsc:.3f}",
            f"{metrics.hd95_mm:.2f}",
            f"{metrics.asd_mm:.2f}",
            millilitres(metrics.reference_volume_ml),
            millilitres(metrics.prediction_volume_ml),
            "yes" if metrics.dsc > 0.70 else "no",
        ]
        for metrics in tmli.compare(truth, found, geometry, profile=profile)
    }
    assert len(expected) >= 20
    assert rows(segmented) == expected


def millilitres(volume: float) -> str:
    """As precise as a volume of this size is read."""
    return f"{volume:.2f}" if volume < 10 else f"{volume:.1f}" if volume < 1000 else f"{volume:.0f}"


def test_a_click_on_a_row_goes_to_the_structure(segmented: Page, child: Path) -> None:
    geometry = tmli.read_ct_series(str(child)).volume.geometry
    truth = tmli.read_structure_set(str(child / "rtstruct.dcm")).rasterise(geometry)
    for name in ("Bladder", "Brain", "Heart"):
        slices = truth[name].any(axis=(1, 2)).nonzero()[0]
        first, last = (geometry.lps_from_ijk[2][3] + k * geometry.spacing_mm[0] for k in slices[[0, -1]])
        segmented.click(f"#metrics td:first-child span:text-is('{name}')")
        wait_for(lambda low=first, high=last: low < offset_mm(segmented, "Axial") < high, f"a slice of {name}")


def test_the_table_is_sorted_by_a_click(segmented: Page) -> None:
    segmented.click("#metrics th:has-text('HD95')")
    values = wait_for(lambda: [float(cells[1]) for cells in rows(segmented).values()], "rows")
    wait_for(lambda: (v := [float(cells[1]) for cells in rows(segmented).values()]) == sorted(v), "the order")
    assert len(set(values)) > 5


def test_the_ptv_is_the_ctvs_with_their_margins(segmented: Page, structure_set: Path, child: Path) -> None:
    segmented.click(".v-tab:has-text('PTV')")
    for name, field, value in (("CTV3", "input >> nth=0", "7"), ("CTV2", "table input >> nth=0", "12")):
        typed = segmented.locator(f"#tab-ptv .tmli-section:has-text('{name}')").locator(field)
        typed.fill(value)
        typed.blur()
    six = segmented.locator("#tab-ptv .tmli-section:has-text('CTV3') table input")
    wait_for(lambda: [each.input_value() for each in six.all()] == ["7"] * 6, "the margin all round in six directions")
    segmented.click("#make-ptv")
    segmented.wait_for_selector(".tmli-ptv-outcome:has-text('ml')")
    shown = float(NUMBER.search(segmented.inner_text(".tmli-ptv-outcome"))[0])
    geometry = tmli.read_ct_series(str(child)).volume.geometry
    found = tmli.read_structure_set(str(structure_set)).rasterise(geometry)
    five = tmli.Margin.uniform(5.0)
    wide = tmli.Margin(left=12.0, right=5.0, anterior=5.0, posterior=5.0, superior=5.0, inferior=5.0)
    body = tmli.body_mask(tmli.read_ct_series(str(child)).volume)
    ctvs = [(found["CTV1"], five), (found["CTV2"], wide), (found["CTV3"], tmli.Margin.uniform(7.0))]
    ptv = tmli.ptv(ctvs, geometry, body=body)
    assert ptv.sum() < tmli.ptv(ctvs, geometry).sum()
    assert "inside the body found in the CT" in segmented.inner_text(".tmli-ptv-outcome")
    assert shown == pytest.approx(ptv.sum() * geometry.voxel_volume_mm3 / 1000.0, abs=0.5)
    wait_for(lambda: count(segmented, "Coronal", PTV) > 100, "the PTV in blue")
    segmented.click(".v-tab:has-text('Structures')")
    segmented.wait_for_selector(".tmli-structures li:has-text('PTV')")
    shot(segmented, "app-ptv")


# ------------------------------------------------------------------------------------------------ what goes wrong


def test_a_folder_without_a_ct_is_told(segmented: Page, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("no images in here")
    segmented.click(".tmli-ct button:has-text('Open a folder')")
    segmented.fill(".tmli-path input", str(tmp_path))
    segmented.press(".tmli-path input", "Enter")
    segmented.click(".tmli-accept")
    segmented.wait_for_selector(".tmli-problem")
    shot(segmented, "app-problem")
    assert str(tmp_path) not in problem(segmented)
    assert "Phantom child" in segmented.inner_text(".tmli-ct-title"), "the CT of before stays"


def test_the_death_of_the_worker_is_told_and_survived(segmented: Page, app: App) -> None:
    segmented.click("#auto-segment")
    segmented.wait_for_selector("#cancel")
    # A worker that dies before it has the job is started again, and nothing is to be told.
    segmented.wait_for_selector(".tmli-stage:has-text('net')")
    (worker,) = wait_for(app.workers, "the worker")
    os.kill(worker, signal.SIGKILL)
    assert "That did not work" in problem(segmented)
    segmented.click("#auto-segment")
    segmented.wait_for_selector(".tmli-outcome:has-text('structures in')")


# --------------------------------------------------------------------------------------------- who may come in


def status(address: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_nothing_leaves_this_computer(segmented: Page, strangers: list[str]) -> None:
    assert strangers == []


def test_without_the_key_nobody_comes_in(page: Page, app: App) -> None:
    assert status(f"{app.origin}/index.html") == 403
    assert status(f"{app.origin}/?key=wrong") == 403
    assert status(f"{app.origin}/ws") == 403


def test_the_key_leaves_the_address_bar(page: Page) -> None:
    assert "key=" not in page.url


def test_another_page_or_name_does_not_come_in(page: Page, app: App) -> None:
    (cookie,) = [c for c in page.context.cookies() if c["name"].startswith("tmli_key")]
    ours = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    assert status(f"{app.origin}/index.html", **ours) == 200
    assert status(f"{app.origin}/index.html", Host="evil.example", **ours) == 403
    assert status(f"{app.origin}/index.html", Origin="https://evil.example", **ours) == 403


def test_a_page_without_its_key_says_what_to_open(browser: Browser, app: App) -> None:
    page = browser.new_page()
    page.goto(app.origin)
    assert "Please open the address that cargo xtask app printed" in page.inner_text("body")
    page.close()


def test_a_tab_that_is_closed_leaves_no_trace_in_the_terminal(browser: Browser, app: App) -> None:
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.goto(app.address)
    page.wait_for_selector(".tmli-ct-title:not(:empty)")
    page.hover("#view-Axial")
    for _ in range(5):
        page.mouse.wheel(0, 120)
    page.close()
    wait_for(lambda: status(f"{app.origin}/index.html") == 403, "the app to answer")
    assert "never retrieved" not in "".join(app.lines)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_termination_end_the_app_its_worker_and_its_files(end: signal.Signals, tmp_path: Path) -> None:
    # At once: the phantom child is still being made, and a thread goes on writing for a moment.
    app = App("--phantom-matrix", "256", temporary=tmp_path)
    workers = wait_for(app.workers, "the worker, which is asked about devices at the start")
    app.interrupt(by=end)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "the worker to end", 20)
    assert list(tmp_path.iterdir()) == []
