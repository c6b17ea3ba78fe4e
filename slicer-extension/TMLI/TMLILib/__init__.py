"""What the TMLI module does, without a single widget.

| file | idea |
|---|---|
| `logic.py` | the class that a panel, a browser app or a script holds: `TMLILogic` |
| `core.py` | the Python module `tmli`, imported at its first use |
| `geometry.py` | voxels and places; **the only file that knows RAS** |
| `parameters.py` | what a saved scene remembers |
| `models.py` | folders of models: what they hold, how good they were |
| `devices.py` | what a run computes on, and why |
| `run.py` | one segmentation from start to result |
| `segmentation.py` | masks to a segmentation node and back; what is doubtful |
| `surfaces.py` | what 3D views show, made in short steps |
| `terminology.py` | codes and colours of the protocol as Slicer writes them |
| `comparison.py` | metrics of two segmentations, structure by structure, and the table |
| `targets.py` | the PTV from CTVs and margins |
| `export.py` | RT Structure Sets that refer to the original CT |
| `refine.py` | a structure segmented again in a box |
| `install.py` | getting `tmli` and the engine onto this computer |
| `work.py` | long work in short steps, for a window that stays alive |
| `errors.py` | what happened, what to do, details |

Everything runs in Slicer 5.10 and later, in `slicer-core` from PyPI and in trame-slicer. Nothing here imports Qt, asks
for `slicer.app` or `slicer.mrmlScene`, or starts a Python thread.
"""
