"""Finds the integrations: each folder with its schema, checked before anything starts."""

import importlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from relay.core.adapter import InboundAdapter
from relay.core.annotations import annotation_problems, origin_annotation_problems
from relay.core.checks import schema_problems
from relay.core.contract import Json, Source, Target
from relay.core.kinds import Catalog, SourceKind, TargetKind
from relay.core.lead import LeadSchema
from relay.core.outbound import OutboundAdapter

ROOT = Path(__file__).resolve().parent.parent


class CatalogError(Exception):
    """An integration is not whole; the text names each folder, file and place at fault."""


@cache
def load_catalog(root: Path | None = None) -> Catalog:
    """All integrations under `root`, which holds integrations/ and jsonschemas/; read once.

    Raises CatalogError when a folder has no schema, a schema has no folder, or an adapter is not
    valid.
    """
    found = _Finder(root or ROOT)
    catalog = Catalog(dict(found.sources()), dict(found.targets()), found.lead)
    if found.wrong:
        raise CatalogError("\n".join(found.wrong))
    return catalog


class _Finder:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.wrong: list[str] = []
        self.lead = LeadSchema.load(root / "jsonschemas" / "lead.json")
        self.folders = sorted(
            folder
            for folder in (root / "integrations").iterdir()
            if folder.is_dir() and folder.name[0] not in "._"
        )
        for folder in self.folders:
            if not any((folder / f"{part}.py").exists() for part in ("source", "target")):
                self.wrong.append(
                    f"integrations/{folder.name}: has neither source.py nor target.py"
                )

    def sources(self) -> Iterator[tuple[str, SourceKind]]:
        for folder, schema, declared in self._pairs("source", Source):
            if self._sound("source", folder, schema, declared.settings, annotation_problems):
                adapter = InboundAdapter(schema, self.lead)
                kind = SourceKind(folder.name, declared, adapter, self._guide(folder), folder)
                yield folder.name, kind

    def targets(self) -> Iterator[tuple[str, TargetKind]]:
        for folder, schema, declared in self._pairs("target", Target):
            if self._sound("target", folder, schema, declared.settings, origin_annotation_problems):
                adapter = OutboundAdapter(schema)
                kind = TargetKind(folder.name, declared, adapter, self._guide(folder), folder)
                yield folder.name, kind

    def _pairs(self, part: str, kind: type[Any]) -> Iterator[tuple[Path, Json, Any]]:
        """Folders with this part, their schemas and declarations; what lacks its half is noted."""
        schemas = {
            path.stem: path for path in (self.root / "jsonschemas" / f"{part}s").glob("*.json")
        }
        folders = {
            folder.name: folder for folder in self.folders if (folder / f"{part}.py").exists()
        }
        for name in sorted(schemas.keys() - folders.keys()):
            self.wrong.append(
                f"jsonschemas/{part}s/{name}.json: has no integrations/{name}/{part}.py"
            )
        for name, folder in folders.items():
            if name not in schemas:
                self.wrong.append(f"integrations/{name}: has no jsonschemas/{part}s/{name}.json")
                continue
            declared = getattr(_module(folder, part, self.root), part.upper(), None)
            if not isinstance(declared, kind):
                self.wrong.append(
                    f"integrations/{name}/{part}.py: has no {part.upper()} = {kind.__name__}(...)"
                )
                continue
            try:
                yield folder, json.loads(schemas[name].read_text(encoding="utf-8")), declared
            except ValueError as error:
                self.wrong.append(f"jsonschemas/{part}s/{name}.json: {error}")

    def _sound(
        self,
        part: str,
        folder: Path,
        schema: Json,
        settings: Json,
        annotations: Callable[[Json, LeadSchema], list[str]],
    ) -> bool:
        """Whether the adapter and the settings can be used; what is wrong with them is noted."""
        adapter = f"jsonschemas/{part}s/{folder.name}.json"
        declared = f"integrations/{folder.name}/{part}.py: settings"
        wrong = [
            *(f"{adapter}: {problem}" for problem in schema_problems(schema)),
            *(f"{declared}: {problem}" for problem in schema_problems(settings)),
        ]
        wrong = wrong or [f"{adapter}: {problem}" for problem in annotations(schema, self.lead)]
        self.wrong += wrong
        return not wrong

    def _guide(self, folder: Path) -> str:
        path = folder / "README.md"
        if not path.exists():
            self.wrong.append(f"integrations/{folder.name}: has no README.md")
            return ""
        return path.read_text(encoding="utf-8")


def _module(folder: Path, part: str, root: Path) -> ModuleType:
    name = f"integrations.{folder.name}.{part}"
    if root == ROOT:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, folder / f"{part}.py")
    if spec is None or spec.loader is None:
        raise CatalogError(f"{folder / part}.py: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
