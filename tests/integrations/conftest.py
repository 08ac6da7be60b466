"""Tests that need the vendors' API schemas, which are no part of the tree."""

import pytest

from tests.integrations.vendor_schemas import ABSENT


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave them out where whoever runs the tests has said that there are none."""
    if not ABSENT:
        return
    left_out = [item for item in items if item.get_closest_marker("vendors")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
