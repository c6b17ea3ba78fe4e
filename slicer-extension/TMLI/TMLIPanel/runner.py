"""A program that runs beside Slicer, its lines and its end told by signals."""

from __future__ import annotations

from collections.abc import Callable

import qt


class ProcessRunner:
    """Runs one program at a time in a `QProcess`."""

    def __init__(self) -> None:
        self._process = None
        self._ended = None
        self._rest = b""

    def start(self, command: list[str], on_line: Callable[[str], None], on_end: Callable[[int], None]) -> None:
        """Starts the program; calls back in the event loop."""
        process = qt.QProcess()
        process.setProcessChannelMode(qt.QProcess.MergedChannels)
        self._process, self._rest, self._on_line, self._on_end = process, b"", on_line, on_end
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        process.start(command[0], command[1:])

    def stop(self) -> None:
        """Ends the program, which takes milliseconds: its end is told before this returns."""
        if self._process is not None:
            self._process.kill()
            # A QProcess must not go away before its program.
            self._process.waitForFinished(1000)

    def _read(self, *_) -> None:
        if self._process is None:
            return
        data = self._rest + bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = data.replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            self._on_line(line.decode("utf-8", "replace"))

    def _finished(self, status: int = 1, *_) -> None:
        self._read()
        self._end(int(status))

    def _failed(self, *_) -> None:
        # A program that was killed still runs at this moment and ends with `finished`; one that never started does not.
        if self._process is not None and self._process.state() == qt.QProcess.NotRunning:
            self._end(127)

    def _end(self, status: int) -> None:
        if self._process is None:
            return
        # Kept until the next one ends: this is called by a signal of the very object.
        self._ended, self._process = self._process, None
        self._on_end(status)
