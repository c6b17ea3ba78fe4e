"""The parts of the page: each has its state, its piece of the page, and what its buttons do."""
