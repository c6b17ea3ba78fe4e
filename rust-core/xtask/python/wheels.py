"""Brings the pinned wheels into the virtual environment that runs this file.

Called by `cargo xtask setup`, never by hand. Only the standard library and the pip of the environment are used.

    python -I wheels.py ensure --downloads DIR REQUIREMENTS.txt ...

Exit status: 0 everything is installed and whole; 3 the environment is damaged and should be made anew (what was
downloaded stays good); anything else is an error whose reason was printed.
"""

import argparse
import ast
import base64
import contextlib
import hashlib
import html.parser
import http.client
import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.tags import sys_tags
from pip._vendor.packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

DAMAGED = 3
CHUNK_BYTES = 1 << 20
ATTEMPTS = 6
# A download smaller than this needs no progress in a log.
SMALL_BYTES = 50_000_000
# Room that unpacking takes, as a multiple of the wheel (torch 2.11.0: 530 MB become 1.2 GB).
UNPACKED_PER_WHEEL_BYTE = 2.5


class Unusual(Exception):
    """The package index is set up in a way that this file does not speak: pip does."""


class Pin:
    """One line of a requirements file: a name, a version and the hashes it may have."""

    def __init__(self, text):
        words = text.split("--hash=sha256:")
        self.requirement = Requirement(words[0].strip())
        self.sha256 = {word.strip() for word in words[1:]}
        self.name = canonicalize_name(self.requirement.name)
        (specifier,) = self.requirement.specifier
        self.version = specifier.version
        self.line = " ".join([str(self.requirement), *(f"--hash=sha256:{h}" for h in sorted(self.sha256))])

    def wanted(self):
        return self.requirement.marker is None or self.requirement.marker.evaluate()

    def state(self):
        """missing, other (another version), damaged or whole, judged by the files the wheel listed."""
        try:
            distribution = importlib.metadata.distribution(self.name)
            version = distribution.version
        except (importlib.metadata.PackageNotFoundError, KeyError, TypeError):
            return "missing"
        if version is None or distribution.files is None:
            return "damaged"
        if version.split("+")[0] != self.version:
            return "other"
        for file in distribution.files:
            try:
                size = os.stat(distribution.locate_file(file)).st_size
            except OSError:
                if file.suffix == ".pyc":
                    continue
                return "damaged"
            if file.size is not None and file.size != size:
                return "damaged"
        return "whole"

    def accepts(self, filename, tags):
        try:
            name, version, _, wheel_tags = parse_wheel_filename(filename)
        except (InvalidWheelFilename, ValueError):
            return False
        return name == self.name and str(version) == self.version and bool(wheel_tags & tags)


def read_pins(paths):
    pins = []
    for path in paths:
        text = pathlib.Path(path).read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line.strip() for line in text.splitlines()]
        pins += [Pin(line) for line in lines if line and not line.startswith("#")]
    return [pin for pin in pins if pin.wanted()]


# ---------------------------------------------------------------------------------------------------- the index


def pip_settings():
    """What pip would use, from its files and PIP_* variables; a later place wins over an earlier one."""
    listing = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True)
    found = {}
    for line in listing.stdout.splitlines():
        key, _, value = line.partition("=")
        with contextlib.suppress(ValueError, SyntaxError):
            found[key.strip()] = str(ast.literal_eval(value.strip()))
    settings = {}
    for place in ("global.", "download.", "install.", ":env:."):
        settings.update({k.removeprefix(place): v for k, v in found.items() if k.startswith(place)})
    return settings


class Index:
    def __init__(self, settings):
        if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
            raise Unusual("no-index is set")
        for key in ("trusted-host", "client-cert"):
            if settings.get(key):
                raise Unusual(f"{key} is set")
        self.url = settings.get("index-url", "https://pypi.org/simple").rstrip("/") + "/"
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https"):
            raise Unusual(f"index-url is not http: {parts.scheme}")
        self.headers = {"User-Agent": "tmli-xtask"}
        self.host = parts.hostname
        if parts.username is not None:
            words = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            self.headers["Authorization"] = "Basic " + base64.b64encode(words.encode()).decode()
            netloc = parts.netloc.rpartition("@")[2]
            self.url = parts._replace(netloc=netloc).geturl()
        handlers = [urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=settings.get("cert")))]
        if settings.get("proxy"):
            handlers.append(urllib.request.ProxyHandler({"http": settings["proxy"], "https": settings["proxy"]}))
        self.opener = urllib.request.build_opener(*handlers)

    def open(self, url, headers=None):
        request = urllib.request.Request(url, headers=self.headers_for(url) | (headers or {}))
        return self.opener.open(request, timeout=60)

    def headers_for(self, url):
        own = urllib.parse.urlsplit(url).hostname == self.host
        # Never hand the index's password to another machine.
        return {key: value for key, value in self.headers.items() if own or key != "Authorization"}

    def find(self, pin, tags):
        """The wheel of the pin: file name, address, size in bytes (or None)."""
        accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
        with self.open(urllib.parse.urljoin(self.url, pin.name + "/"), {"Accept": accept}) as reply:
            body, kind, base = reply.read(), reply.headers.get_content_type(), reply.geturl()
        if kind.endswith("+json"):
            files = json.loads(body)["files"]
            listed = [(f["filename"], f["url"], f.get("hashes", {}).get("sha256"), f.get("size")) for f in files]
        else:
            listed = read_html_index(body.decode("utf-8", "replace"))
        for filename, url, sha256, size in listed:
            if pin.accepts(filename, tags) and (sha256 is None or sha256 in pin.sha256):
                url = urllib.parse.urljoin(base, url)
                return filename, url, size if size is not None else self.size_of(url)
        raise Unusual(f"{self.host} lists no wheel of {pin.name} {pin.version} for this Python with a pinned hash")

    def size_of(self, url):
        """What the server says a file takes, or None."""
        request = urllib.request.Request(url, headers=self.headers_for(url), method="HEAD")
        with contextlib.suppress(OSError, http.client.HTTPException), self.opener.open(request, timeout=60) as reply:
            length = reply.headers.get("Content-Length", "")
            return int(length) if length.isdigit() else None
        return None


def read_html_index(text):
    listed = []

    class Anchors(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            href = dict(attrs).get("href")
            if tag == "a" and href:
                url, _, fragment = href.partition("#")
                name = urllib.parse.unquote(url.rsplit("/", 1)[-1])
                sha256 = re.fullmatch(r"sha256=([0-9a-f]{64})", fragment)
                listed.append((name, url, sha256 and sha256[1], None))

    Anchors().feed(text)
    return listed


# ------------------------------------------------------------------------------------------------- the download


def megabytes(count):
    return "size unknown" if count is None else f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(CHUNK_BYTES):
            digest.update(block)
    return digest


class Progress:
    """One line that moves on a terminal, one line per tenth elsewhere."""

    def __init__(self, name, total):
        self.name, self.total, self.shown, self.moving = name, total, -1, sys.stdout.isatty()
        self.started, self.first = time.monotonic(), None

    def show(self, done):
        if self.first is None:
            self.first = done
        if not self.total or (self.total < SMALL_BYTES and not self.moving):
            return
        step = done * (1000 if self.moving else 10) // self.total
        if step == self.shown:
            return
        self.shown = step
        rate = (done - self.first) / max(time.monotonic() - self.started, 1e-3)
        left = f", {(self.total - done) / rate:.0f} s left" if rate > 0 and done < self.total else ""
        text = f"    {self.name}: {megabytes(done)} of {megabytes(self.total)}{left}"
        print(f"\r{text:<78}" if self.moving else text, end="" if self.moving else "\n", flush=True)

    def end(self):
        if self.moving and self.shown >= 0:
            print(flush=True)


def download(index, pin, filename, url, size, folder):
    """Gets one wheel whole, going on after the last byte of an earlier try."""
    part, whole = folder / (filename + ".part"), folder / filename
    for attempt in range(1, ATTEMPTS + 1):
        have = part.stat().st_size if part.exists() else 0
        try:
            if size is None or have != size:
                append(index, url, size, part, have, filename.split("-")[0])
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403, 404, 407):
                raise Unusual(f"{urllib.parse.urlsplit(url).hostname} answered {error.code}") from error
            if attempt == ATTEMPTS:
                raise
            print(f"    broken off ({error}); going on, try {attempt + 1} of {ATTEMPTS}", flush=True)
            time.sleep(2**attempt / 2)
            continue
        found = sha256_of(part).hexdigest()
        if found in pin.sha256:
            os.replace(part, whole)
            return
        part.unlink()
        print(f"    {filename}: what came has another SHA-256 ({found}); starting this file again", flush=True)
    sys.exit(f"error: {filename} never came with a pinned SHA-256. Is a proxy changing downloads?")


def append(index, url, size, part, have, name):
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        reply = index.open(url, headers)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing left after `have`
            raise
        if size is None:
            return
        part.unlink()  # longer than the file: of something else
        raise OSError("the partial file does not fit") from error
    with reply:
        if have and reply.status != 206:
            have = 0
        length = reply.headers.get("Content-Length")
        total = have + int(length) if length else size
        if have:
            print(f"    {name}: going on after {megabytes(have)}", flush=True)
        progress = Progress(name, total)
        with open(part, "ab" if have else "wb") as file:
            done = have
            while block := reply.read(CHUNK_BYTES):
                file.write(block)
                done += len(block)
                progress.show(done)
            file.flush()
            os.fsync(file.fileno())
        progress.end()
        if total and done < total:
            raise OSError(f"{total - done} bytes short")


def already_here(pin, tags, folder):
    for path in sorted(folder.glob("*.whl")):
        if pin.accepts(path.name, tags):
            if sha256_of(path).hexdigest() in pin.sha256:
                return path
            path.unlink()
    return None


def fetch(pins, folder):
    tags = frozenset(sys_tags())
    wanted = [pin for pin in pins if already_here(pin, tags, folder) is None]
    if not wanted:
        return
    try:
        index = Index(pip_settings())
        plan = [(pin, *index.find(pin, tags)) for pin in wanted]
    except (Unusual, OSError, http.client.HTTPException, KeyError, ValueError) as error:
        return fetch_with_pip(wanted, folder, error)
    print(f"  To download from {index.host}:")
    rest = 0
    for _, filename, _, size in plan:
        part = folder / (filename + ".part")
        have = part.stat().st_size if part.exists() else 0
        rest += max((size or 0) - have, 0)
        print(f"    {filename}  {megabytes(size)}" + (f", {megabytes(have)} of it are here" if have else ""))
    total = sum(size or 0 for *_, size in plan)
    room, need = shutil.disk_usage(folder).free, rest + int(total * UNPACKED_PER_WHEEL_BYTE)
    print(f"  {megabytes(rest)} to load, and about {need / 1e9:.1f} GB of disk with what is unpacked", flush=True)
    if room < need:
        sys.exit(f"error: only {room / 1e9:.1f} GB are free in {folder}. Make room and run this again.")
    for pin, filename, url, size in plan:
        try:
            download(index, pin, filename, url, size, folder)
        except Unusual as error:
            fetch_with_pip([pin], folder, error)


def fetch_with_pip(pins, folder, reason):
    print(f"  The package index is not a plain one ({reason}); pip downloads {', '.join(p.name for p in pins)} instead", flush=True)
    with requirements_of(pins, folder) as path:
        run_pip("download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", folder, "--requirement", path)


# -------------------------------------------------------------------------------------------------- the install


@contextlib.contextmanager
def requirements_of(pins, folder):
    path = folder / f".requirements-{os.getpid()}.txt"
    path.write_text("".join(pin.line + "\n" for pin in pins), encoding="utf-8")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def run_pip(*arguments, own_settings=True):
    flags = [] if own_settings else ["--isolated"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *flags, *map(str, arguments)]
    code = subprocess.run(command).returncode
    if code != 0:
        sys.exit(f"error: pip {arguments[0]} ended with status {code}; its own words are above. Run this again to go on.")


def ensure(pins, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob(".requirements-*.txt"):
        left_over.unlink()
    states = {pin: pin.state() for pin in pins}
    damaged = [pin.name for pin, state in states.items() if state == "damaged"]
    if damaged:
        print(f"  Not whole (an earlier installation was broken off): {', '.join(damaged)}")
        return DAMAGED
    wanted = [pin for pin, state in states.items() if state != "whole"]
    if not wanted:
        return 0
    fetch(wanted, folder)
    print(f"  Installing {', '.join(f'{pin.name} {pin.version}' for pin in wanted)}", flush=True)
    with requirements_of(wanted, folder) as path:
        places = ["--no-index", "--find-links", folder, "--requirement", path]
        # Nothing here is imported often enough for bytecode to pay; compiling all of torch takes a minute.
        run_pip("install", "--quiet", "--no-deps", "--no-compile", "--require-hashes", *places, own_settings=False)
    importlib.invalidate_caches()
    bad = [f"{pin.name} is {state}" for pin in pins if (state := pin.state()) != "whole"]
    if bad:
        print("  After installing: " + ", ".join(bad))
        return DAMAGED
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["ensure"])
    parser.add_argument("--downloads", required=True, type=pathlib.Path)
    parser.add_argument("requirements", nargs="+")
    options = parser.parse_args()
    return ensure(read_pins(options.requirements), options.downloads)


if __name__ == "__main__":
    sys.exit(main())
