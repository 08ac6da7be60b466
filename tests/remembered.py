"""What each application makes anew is made once in a worker: templates and the URLs of rules."""

from types import CodeType
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """Compiled templates, by name and content."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before, if it was."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        assert bucket.code
        self._codes[bucket.key, bucket.checksum] = bucket.code


class RememberedRule(Rule):
    """A rule that builds its URLs by the function of one that looks the same."""

    _made: dict[tuple[object, ...], Any] = {}  # noqa: RUF012 - shared by all of a worker

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        # only what the function is made of: converters it takes from the rule it is called for
        if self.defaults:
            return super()._compile_builder(append_unknown)
        key = (self.rule, append_unknown, tuple(self._trace))
        if key not in self._made:
            self._made[key] = super()._compile_builder(append_unknown)
        return self._made[key]
