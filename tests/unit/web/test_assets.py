"""The dashboard's files, before any browser has seen them."""

from __future__ import annotations

import re

from reconciler.web.assets import PREFIX, Assets

ASSETS = Assets.load()
PAGE = ASSETS.page.decode()
MODULES = {path: asset.content.decode() for path, asset in ASSETS.files.items() if path.endswith(".js")}


def test_the_page_loads_everything_from_beneath_one_digest() -> None:
    """Nothing is asked for that is not there, and every module at once."""
    address = f"{PREFIX}/{ASSETS.digest}/"
    asked = {found.removeprefix(address) for found in re.findall(r'(?:href|src)="(/static/[^"]+)"', PAGE)}
    assert asked <= set(ASSETS.files)
    assert set(MODULES) <= asked
    assert "{" not in PAGE


def test_every_import_is_of_a_file_of_ours() -> None:
    """No module is fetched from elsewhere."""
    for path, text in MODULES.items():
        folder = path.rpartition("/")[0]
        for found in re.findall(r'from "([^"]+)"', text):
            assert found.startswith("./" if not folder else ("../", "./")), (path, found)
            steps = f"{folder}/{found}".split("/")
            name = "/".join(step for step in steps if step not in {".", "..", ""})
            target = name.removeprefix(f"{folder}/") if "../" in found else name
            assert target in MODULES, (path, found)


def test_no_file_speaks_of_another_machine_or_makes_markup_of_text() -> None:
    """No address elsewhere, no code in markup, no text taken for markup."""
    everything = {**MODULES, "page": PAGE}
    everything |= {path: asset.content.decode() for path, asset in ASSETS.files.items()}
    for path, text in everything.items():
        bare = text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://", bare), path
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            " style=",
        ):
            assert forbidden not in bare, (path, forbidden)
    assert not re.search(r"<script(?![^>]*\ssrc=)", PAGE)
    assert not re.search(r"\son\w+=", PAGE)


def test_files_are_small_enough_to_be_read() -> None:
    """They are ours, not somebody's bundle."""
    assert all(text.count("\n") < 300 for text in MODULES.values())
    assert sum(len(asset.content) for asset in ASSETS.files.values()) < 200_000
