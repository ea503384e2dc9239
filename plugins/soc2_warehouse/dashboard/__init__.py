"""Pages over the published DuckDB file, served inside Airflow behind its login.

A page is one module in ``pages/`` and one template; ``app.py`` finds it. Pages read, with parameters, and never write.
"""

from __future__ import annotations

#: Where Airflow mounts the pages.
PREFIX = "/soc2"
