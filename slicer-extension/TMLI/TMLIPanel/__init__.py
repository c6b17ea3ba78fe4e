"""The panel of the TMLI module: widgets that show what `TMLILib` does.

| file | idea |
|---|---|
| `panel.py` | the panel: its sections, and what they share |
| `context.py` | logic, widgets and dialogs, handed to every section; errors become dialogs here |
| `install_section.py` ... `export_section.py` | one section of the panel each |
| `dialogs.py` | what interrupts the user: a problem, a question, a file name |
| `runner.py` | a program in a `QProcess`, for installations and questions |
| `device_question.py` | what the engine would compute on, asked in a process of its own |
| `session.py` | the one logic and engine of this Slicer, for the panel and the effect |
| `work_row.py` | a bar, words and a Cancel button for long work |
| `timing.py` | a timer that polls a run |

Written so that PythonQt (Slicer) and PySide (the tests) both take it: properties through `property` and `setProperty`,
signals through `widget.signal.connect`.
"""
