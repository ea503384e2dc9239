"""Access reviews as a workflow: opened from the newest published night, decided line by line, closed with a signature.

Decisions come from Airflow's pages (``hitl``) or from a spreadsheet (``sheet``); one set of rules (``deciding``) admits
them. A review lies in ``reviews/<review_id>/`` of the home, in a file that only grows (``campaign``). The registers'
next extract lands it beside the reviews that are committed (``register_rows``): AC-10 to AC-13 judge both alike.
"""
