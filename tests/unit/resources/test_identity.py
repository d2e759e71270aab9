"""Who a resource is, in every database."""

from uuid import UUID

import pytest

from reconciler.resources import Kind, ResourceKey, job_id, resource_id


def test_ids_follow_from_names_for_ever() -> None:
    """A restored database gets the same ones: these were computed once and must never differ."""
    workflow = resource_id(ResourceKey(Kind.WORKFLOW, "cmu-1-nuclei"))
    assert workflow == UUID("edadcfc8-8e0c-5fa9-aa3f-887d856dcf64")
    assert job_id(workflow, "推理任务") == UUID("07367ad1-2765-5572-b1c1-f47cc73b9989")


def test_keys_sort_in_order_of_dependency_and_print_as_people_write_them() -> None:
    """Users before the workflows that need them."""
    keys = [ResourceKey(Kind.WORKFLOW, "a"), ResourceKey(Kind.USER, "b")]
    assert [str(key) for key in sorted(keys)] == ["User/b", "Workflow/a"]


@pytest.mark.parametrize("text", ["Workflow/x", "workflow/x", "workflows/x", "WORKFLOWS/x"])
def test_a_key_is_read_as_people_write_it(text: str) -> None:
    """In any case, in singular or plural."""
    assert ResourceKey.parse(text) == ResourceKey(Kind.WORKFLOW, "x")


@pytest.mark.parametrize("text", ["x", "Workflow/", "/x", "Job/x", ""])
def test_what_is_no_key_is_refused(text: str) -> None:
    """With what was wrong about it."""
    with pytest.raises(ValueError, match="is not KIND/NAME"):
        ResourceKey.parse(text)
