"""``await job``, ``await task``: an event loop of asyncio looks how far the job is, so that no thread waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._tmli import Job, Task

# The first looks come soon, for short jobs; the later ones cost nothing worth counting.
SHORTEST_PAUSE_S = 0.005
LONGEST_PAUSE_S = 0.2


async def outcome(job: Job | Task[Any]) -> Any:
    """The job's result. A cancelled task of asyncio cancels it."""
    # Not at the top: importing it takes longer than the rest of the package.
    import asyncio

    pause = SHORTEST_PAUSE_S
    try:
        while not job.poll().is_final:
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE_S)
    except asyncio.CancelledError:
        job.cancel()
        raise
    return job.result()
