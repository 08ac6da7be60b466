"""Files that pages give away."""

from flask import Response

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_of(content: bytes, kind: str, name: str) -> Response:
    """The content as a file to be saved under this name, which is ASCII without quotes."""
    disposition = f'attachment; filename="{name}"'
    return Response(content, content_type=kind, headers={"Content-Disposition": disposition})
