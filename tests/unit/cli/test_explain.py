"""`reconciler explain`: every word that is printed can be looked up, without a server."""

from __future__ import annotations

import pytest

from reconciler.desired.codes import Code
from reconciler.plan import Reason
from reconciler.settings import OPTIONS
from tests.unit.cli.conftest import Call


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("RC205", "A field that the kind does not have."),
        ("rc205", "do: Mend its name, or remove it."),
        ("unknown-field", "RC205  unknown-field, a mistake in a manifest"),
        ("StoreRefused", "StoreRefused  an error"),
        ("NoHeartbeat", "NoHeartbeat  a finding of `status`"),
        ("InFlight", "reconcile --force Workflow/NAME"),
        ("max_prune", "by: --max-prune, RECONCILER_MAX_PRUNE, or max_prune in reconciler.toml"),
        ("max-prune", "max_prune  a setting"),
        ("Workflow", "spec        mapping, required. Whose the workflow is, and its jobs."),
        ("workflow.spec.jobs[0].needs", "such as needs: [tile]"),
        ("needs", "Workflow.spec.jobs.needs  list of texts"),
        ("branch_id", "text, main if left out"),
        ("reconciler/adopt", "Workflow.metadata.annotations.reconciler/adopt  text"),
    ],
)
def test_a_word_is_explained_however_it_is_spelt(call: Call, word: str, told: str) -> None:
    """A code by its number or its name, a field by the end of its path."""
    said = call("explain", word)

    assert (said.code, said.err) == (0, "")
    assert told in said.out


def test_all_meanings_of_a_word_are_told(call: Call) -> None:
    """`status` finds it, and a resource stands so."""
    assert call("explain", "PruneBlocked").out.count("PruneBlocked  a ") == 2


def test_every_word_is_listed_and_each_can_be_looked_up(call: Call) -> None:
    """Codes, reasons and settings among them."""
    names = call("explain", "-o", "name").out.split()

    assert {*Code, *Reason, *(option.name for option in OPTIONS), "Workflow.spec.jobs.needs"} <= set(names)
    document = call("explain", "-o", "json").document
    assert {one["word"] for one in document["words"]} < set(names)
    assert all(one["meaning"] and one["cure"] for one in document["words"])


def test_a_mistyped_word_leads_to_the_one_that_was_meant(call: Call) -> None:
    """Fields are words as well."""
    for word, meant in (("PruneBlock", "PruneBlocked"), ("Workflow.spec.job", "Workflow.spec.jobs")):
        said = call("explain", word)
        assert (said.code, said.out) == (2, "")
        assert f"did you mean {meant}?" in said.err
