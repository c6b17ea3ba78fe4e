"""TMLI in the browser: the work of the Slicer module, in trame-slicer."""
