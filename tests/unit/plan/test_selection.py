"""A part of everything: what is asked for by name or label, and what comes along."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from reconciler.plan import Part, Selection, choose
from tests.builders import desired, manifest, refusal, user, user_key, workflow, workflow_key
from tests.model import Database, settled

ADA = manifest(user())
FLOW = manifest(workflow("cmu-1"), labels={"study": "lung", "wave": "2"})
OTHER = manifest(workflow("cmu-2"), labels={"study": "lung"})
STATE = desired(ADA, FLOW, OTHER, refused=[refusal(workflow_key("bad"))])


def chosen(*, database: Database | None = None, keys: tuple[str, ...] = (), **labels: str) -> Part:
    """Choose workflows by name, and manifests by label."""
    selection = Selection(frozenset(map(workflow_key, keys)), tuple(labels.items()))
    return choose(selection, STATE, (database or settled(ADA)).survey("default"))


def test_a_name_selects_one_and_labels_all_that_carry_them() -> None:
    """Labels are narrowed by each other, and widened by names."""
    assert chosen(keys=("cmu-1",)).asked == (workflow_key("cmu-1"),)
    assert chosen(study="lung").asked == (workflow_key("cmu-1"), workflow_key("cmu-2"))
    assert chosen(study="lung", wave="2").asked == (workflow_key("cmu-1"),)
    assert chosen(keys=("cmu-2",), wave="2").asked == (workflow_key("cmu-1"), workflow_key("cmu-2"))


def test_a_user_comes_along_only_while_it_has_no_row() -> None:
    """A workflow can't do without; an edit of a user is not what was asked for."""
    assert chosen(keys=("cmu-1",)).along == ()
    assert chosen(keys=("cmu-1",), database=Database()).along == (user_key("ada"),)
    assert chosen(keys=("cmu-1",), database=Database()).keys == {user_key("ada"), workflow_key("cmu-1")}


def test_a_user_named_by_its_username_comes_along_too() -> None:
    """A workflow may name either."""
    state = desired(manifest(user("lovelace", "ada")), FLOW)
    part = choose(Selection(frozenset([FLOW.key])), state, Database().survey("default"))
    assert part.along == (user_key("lovelace"),)


def test_what_is_invalid_or_no_more_declared_can_be_asked_for() -> None:
    """The first is told of, the second may be pruned."""
    assert chosen(keys=("bad",)).asked == (workflow_key("bad"),)
    gone = settled(ADA, manifest(workflow("gone")))
    assert chosen(keys=("gone",), database=gone).asked == (workflow_key("gone"),)


def test_a_mistyped_name_or_label_is_refused_with_the_likely_one() -> None:
    """Nothing would be done in silence."""
    with pytest.raises(UsageError, match=r"no Workflow/cmu1.*did you mean Workflow/cmu-1\?"):
        chosen(keys=("cmu1",))
    with pytest.raises(UsageError, match=r"labelled study=lugn.*did you mean study=lung\?"):
        chosen(study="lugn")
