"""The effect "TMLI Refine"."""
