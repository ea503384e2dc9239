"""One module a page: ``router`` with its addresses, and ``LINK`` when the navigation has it."""
