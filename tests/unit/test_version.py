"""The version has one home."""

from importlib.metadata import version

import reconciler


def test_the_version_is_one_value() -> None:
    """What the code says is what the installed package says."""
    assert version("reconciler") == reconciler.__version__
