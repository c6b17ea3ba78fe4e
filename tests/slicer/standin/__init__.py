"""Stand-ins for what only the Slicer application has: PythonQt's `qt`, a few of its widgets, the base classes of
scripted modules and effects. Everything they show is real Qt (PySide6, without a screen); below them is real Slicer.
"""
