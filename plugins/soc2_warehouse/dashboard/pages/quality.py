"""Great Expectations' own pages, as it wrote them. It takes their style from the internet: here they are unstyled."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from soc2_warehouse.dashboard import quality_docs

router = APIRouter()


@router.get("/quality/{path:path}")
def document(path: str) -> FileResponse:
    """One file of Data Docs. 404 for everything else."""
    file = quality_docs.file_of(path)
    if file is None:
        raise HTTPException(404, "Great Expectations left no such page")
    return FileResponse(file)
