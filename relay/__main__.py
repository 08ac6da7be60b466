"""`python -m relay`: the command line on a runtime made from the environment."""

from collections.abc import Iterator
from contextlib import contextmanager

from relay.app import build_runtime
from relay.catalog import CatalogError
from relay.cli import program
from relay.cli.command import Mistake
from relay.config import load_config
from relay.runtime import install


@contextmanager
def assembled() -> Iterator[None]:
    """Install the runtime for one command, and give everything back after it."""
    try:
        runtime = build_runtime(load_config())
    except CatalogError as error:
        raise Mistake(str(error)) from error
    install(runtime)
    try:
        yield
    finally:
        install(None)
        runtime.close()


def main() -> None:
    """Run the command that was given."""
    program.main(obj=assembled)


if __name__ == "__main__":
    main()
