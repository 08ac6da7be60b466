"""A person's papers as one ZIP file, made while it is sent: nothing of it lies on a disk."""

import io
import zipfile
from collections.abc import Iterator

from relay.core.contract import Json
from relay.runtime import Runtime
from relay.services.auditing import note
from relay.services.browse import Row
from relay.services.person_export import papers_of
from relay.services.person_requests import contacts_of, subject

_WORDS = """\
This is what is kept of the person whom these addresses and numbers belong to:

{contacts}

Made on {made}. What is in here:

leads/        each lead: *.txt to read, *.json with all versions, statuses, and what was sent to
              whom and when
submissions/  what arrived, as it was understood (*.json) and as it came (*.raw)
turned-away/  requests that were refused at the door
uploads/      rows of uploaded files that did not become leads

Contents are removed after a time (raw submissions and requests first), so older ones say less.
{others}"""


class _Sink(io.RawIOBase):
    """Takes what the archive writes, to be handed on; an archive so made is never read back."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Json) -> int:
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = bytes(self._written)
        self._written.clear()
        return found


def zipped(rt: Runtime, row: Row, actor: str) -> Iterator[bytes]:
    """The ZIP file of a request, piece by piece; that it was had stands in the audit."""
    with rt.database.write() as connection:
        note(connection, rt, row["project_id"], actor, "download person", subject(row["id"]))
    return _pieces(rt, row)


def _pieces(rt: Runtime, row: Row) -> Iterator[bytes]:
    sink = _Sink()
    written: set[str] = set()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry(row, "README.txt"), _readme(rt, row))
        for name, content in papers_of(rt, row["id"]):
            if name not in written:  # a submission may have been found by itself and by its lead
                written.add(name)
                archive.writestr(_entry(row, name), content)
                yield sink.taken()
    yield sink.taken()


def _entry(row: Row, name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, row["file_at"].timetuple()[:6])
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o600 << 16
    return made


def _readme(rt: Runtime, row: Row) -> str:
    contacts = "\n".join(f"- {one.value}" for one in contacts_of(rt, row))
    named = sum(count for name, count in row["counts"].items() if name.startswith("mention "))
    others = (
        f"\nOther people's records name this person {named} times; they are not in here.\n"
        if named
        else ""
    )
    made = f"{row['file_at']:%Y-%m-%d %H:%M:%S} UTC"
    return _WORDS.format(contacts=contacts, made=made, others=others)
