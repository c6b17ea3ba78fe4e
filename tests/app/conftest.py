"""The browser app as its user has it: started as a program, opened in Chromium, worked with mouse and keys.

`cargo xtask test --app` runs this; it names the app's command line in TMLI_APP and the browser in TMLI_CHROMIUM.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

import tmli

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "demo/models"
SCREENSHOTS = Path(os.environ.get("TMLI_SCREENSHOTS", ROOT / "target/screenshots"))
# The child that the app shows at its start; small, so that the test is quick.
CHILD = {"seed": 7, "age_years": 6.0, "matrix": 128}
# Two cores and much else to do: patience is cheaper than a test that fails at times.
PATIENCE_S = 90.0


class App:
    """The running program and the address that it printed."""

    def __init__(self, *arguments: str, temporary: Path | None = None) -> None:
        """`temporary`: where its temporary files go; by default where everybody's go."""
        start = json.loads(os.environ["TMLI_APP"])
        small = ["--phantom-seed", "7", "--phantom-age", "6", "--phantom-matrix", "128"]
        words = ["--no-browser", "--models", str(MODELS), *small, *arguments]
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [*start["command"], *words],
            cwd=ROOT,
            env={**os.environ, **start["environment"], **({"TMPDIR": str(temporary)} if temporary else {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own: Ctrl-C of a terminal goes to a group.
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.address = self._wait_for_address()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)

    def _wait_for_address(self) -> str:
        def found() -> str | None:
            match = re.search(r"http://127\.0\.0\.1:\d+/\S+", "".join(self.lines))
            assert match or self.process.poll() is None, "".join(self.lines)
            return match and match[0]

        return wait_for(found, "the address of the app")

    @property
    def origin(self) -> str:
        """The address without the key."""
        return self.address.partition("/?")[0]

    def workers(self) -> list[int]:
        """The processes that the app started."""
        children = Path(f"/proc/{self.process.pid}/task")
        found = []
        for task in children.iterdir() if children.exists() else []:
            found += [int(pid) for pid in (task / "children").read_text().split()]
        return found

    def interrupt(self, by: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C (or what a system that shuts down sends), and the exit status."""
        os.killpg(self.process.pid, by)
        return self.process.wait(timeout=30)

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.interrupt()


def wait_for(question: Callable[[], object], what: str, patience_s: float = PATIENCE_S):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {patience_s:.0f} s in vain for {what}")


def shot(page: Page, name: str) -> None:
    """Keeps a picture of the page."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def rows(page: Page) -> dict[str, list[str]]:
    """The metric table as it is read."""
    cells = page.locator("#metrics tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.cells].map(c => c.innerText.trim()))"
    )
    return {row[0].replace(" ", "_"): row[1:] for row in cells}


def problem(page: Page) -> str:
    """What the dialog says; closes it."""
    page.wait_for_selector(".tmli-problem")
    words = page.inner_text(".tmli-problem")
    page.click(".tmli-problem button:has-text('Close')")
    page.wait_for_selector(".tmli-problem", state="hidden")
    return words


def offset_mm(page: Page, view: str) -> float:
    """Where the slice of a view lies, as the view says it."""
    return float(re.search(r"-?[\d.]+", page.inner_text(f"#view-{view} .tmli-view-offset"))[0])


def choose(page: Page, path: Path) -> None:
    """Takes a folder or a file in the dialog that is open."""
    page.fill(".tmli-path input", str(path if path.is_dir() else path.parent))
    page.press(".tmli-path input", "Enter")
    if path.is_dir():
        page.click(".tmli-accept")
    else:
        page.click(f".tmli-folders .tmli-item:has-text('{path.name}')")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox wants rights that containers do not give; the only page is ours.
        browser = playwright.chromium.launch(executable_path=os.environ["TMLI_CHROMIUM"], args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    """One app for all tests: a clinician's one too lives longer than one click."""
    app = App()
    yield app
    app.end()


@pytest.fixture(scope="session")
def strangers() -> list[str]:
    """Requests of the page that would have left this computer."""
    return []


@pytest.fixture(scope="session")
def page(browser: Browser, app: App, strangers: list[str]) -> Iterator[Page]:
    """The page, with the network cut off but for the app."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.set_default_timeout(PATIENCE_S * 1000)

    def cut(route: Route) -> None:
        strangers.append(route.request.url)
        route.abort()

    page.route(lambda url: not url.startswith((app.origin, "data:", "blob:")), cut)
    page.goto(app.address)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    try:
        page.wait_for_selector(".tmli-ct-title:not(:empty)")
        yield page
    finally:
        page.screenshot(path=SCREENSHOTS / "app-last.png")


@pytest.fixture(scope="session")
def progress() -> list[float]:
    """What the progress bar showed during the run of `segmented`, in percent."""
    return []


@pytest.fixture(scope="session")
def told() -> list[str]:
    """What stood beside the progress bar meanwhile."""
    return []


@pytest.fixture(scope="session")
def segmented(page: Page, progress: list[float], told: list[str]) -> Page:
    """The page after a run to the end, on the CPU: a GPU may be done before anything was told."""
    page.wait_for_selector("#device option[value=cpu]", state="attached")
    page.select_option("#device", "cpu")
    page.click("#auto-segment")
    look = """() => {
        const bar = document.querySelector('#progress')
        return bar && [bar.getAttribute('aria-valuenow'), document.querySelector('.tmli-foot').innerText]
    }"""

    def ended() -> bool:
        seen = page.evaluate(look)
        if seen is not None:
            progress.append(float(seen[0]))
            told.append(seen[1])
        return page.locator(".tmli-outcome:has-text('structures in')").count() > 0

    wait_for(ended, "the end of the run")
    return page


@pytest.fixture(scope="session")
def child(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's child as DICOM, made here once more: the same arguments make the same child."""
    folder = tmp_path_factory.mktemp("child") / "child"
    tmli.write_phantom(str(folder), CHILD["seed"], age_years=CHILD["age_years"], matrix=CHILD["matrix"])
    return folder


@pytest.fixture(scope="session")
def structure_set(segmented: Page, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser downloaded."""
    segmented.click(".v-tab:has-text('Export')")
    with segmented.expect_download() as download:
        segmented.click("#download")
    path = tmp_path_factory.mktemp("download") / download.value.suggested_filename
    download.value.save_as(path)
    return path
