"""How tests are shared out among workers that run side by side."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {"tests/kill/": "kill", "tests/store/test_plans": "plans"}
"""Who kills processes wants the time of a machine; a million rows take a minute to make."""


class Sharing(LoadScopeScheduling):
    """A file stays with one worker, and so do the files that begin alike in TOGETHER."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((name for begin, name in TOGETHER.items() if path.startswith(begin)), path)
