"""What a person sees who writes manifests in an editor: marks, offers and explanations."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from tests.editor.language_server import Cursor, Editor

ROOT = Path(__file__).parents[2]
NUMBERS = count(1)
HEAD = "apiVersion: reconciler/v1\nkind: Workflow\nmetadata:\n  name: cmu-1\n"
FLOW = f"{HEAD}spec:\n  user: ada\n  jobs:\n    - name: tile\n      job_type: tiling\n"
USER = "apiVersion: reconciler/v1\nkind: User\nmetadata:\n  name: ada\n"


def fresh() -> str:
    """Name a document that no other test has opened."""
    return f"manifests/{next(NUMBERS)}.yaml"


def marked(editor: Editor, text: str) -> list[tuple[str, str]]:
    """Give what is marked, each with its text and its message."""
    lines = text.splitlines()
    return [
        (
            lines[one["range"]["start"]["line"]][
                one["range"]["start"]["character"] : one["range"]["end"]["character"]
            ],
            one["message"],
        )
        for one in editor.mistakes(fresh(), text)
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "manifests").rglob("*.yaml")), ids=lambda path: path.name)
def test_nothing_is_marked_in_the_examples(editor: Editor, path: Path) -> None:
    """Several documents in one file included."""
    assert marked(editor, path.read_text()) == []


@pytest.mark.parametrize("user", [USER, f"{USER}spec:\n  username: ada@example.org\n"])
def test_nothing_is_marked_in_a_file_of_several_documents(editor: Editor, user: str) -> None:
    """Each is checked by its own kind."""
    assert marked(editor, f"{user}---\n{FLOW}---\n{user}") == []


MARKS = {
    "a field that the kind does not have": (
        FLOW + "      nedes: [tile]\n",
        [("nedes", "Property nedes is not allowed.")],
    ),
    "a field of another kind": (f"{USER}spec:\n  user: x\n", [("user", "Property user is not allowed.")]),
    "a field of the second document": (
        f"{USER}---\n{FLOW}      colour: red\n",
        [("colour", "Property colour is not allowed.")],
    ),
    "a number where text is wanted": (
        FLOW.replace("user: ada", "user: 5"),
        [("5", "Text is wanted here: quote a number, a date, true, false or null.")],
    ),
    "text where a list is wanted": (
        FLOW + "      needs: tile\n",
        [("tile", 'Incorrect type. Expected "array".')],
    ),
    "a kind that there is not": (
        FLOW.replace("Workflow", "Workfow"),
        [("Workfow", 'Value must be "Workflow".')],
    ),
    "a version that there is not": (
        FLOW.replace("/v1", "/v2"),
        [("reconciler/v2", 'Value must be "reconciler/v1".')],
    ),
    "a name that can't be": (
        FLOW.replace("name: cmu-1", "name: cmu 1!"),
        [("cmu 1!", "1 to 63 of A-Z a-z 0-9 . _ -, with a letter or a digit at both ends.")],
    ),
    "two lists of parents": (
        FLOW + "      needs: [a]\n      parent_indices: [0]\n",
        [("parent_indices", "A job has `needs` or `parent_indices`, not both.")],
    ),
    "a mistyped annotation of ours": (
        FLOW.replace("1\nspec", "1\n  annotations: {reconciler/prunee: disabled}\nspec"),
        [("reconciler/prunee", "Property reconciler/prunee is not allowed.")],
    ),
    "a value that an annotation of ours does not take": (
        FLOW.replace("1\nspec", "1\n  annotations: {reconciler/prune: disable}\nspec"),
        [("disable", 'Value is not accepted. Valid values: "disabled", "enabled".')],
    ),
    "a parent that is named twice": (
        FLOW + "      needs: [a, a]\n",
        [("[a, a]", "Array has duplicate items.")],
    ),
    "what is missing": (HEAD, [("a", 'Missing property "spec".')]),
}


@pytest.mark.parametrize("case", MARKS)
def test_a_mistake_is_marked_where_it_stands(editor: Editor, case: str) -> None:
    """While it is typed, in words that say what is wanted."""
    text, found = MARKS[case]
    assert marked(editor, text) == found


@pytest.mark.parametrize("name", ["😀" * 200, "推理任务" * 50])
def test_nothing_is_marked_in_the_longest_name(editor: Editor, name: str) -> None:
    """Whatever its characters count in the editor."""
    assert marked(editor, FLOW.replace("name: tile", f"name: {name}")) == []


def offered(editor: Editor, text: str, mark: str) -> dict[str, dict[str, object]]:
    """Give what is offered behind a mark."""
    return editor.completions(fresh(), text, Cursor.after(text, mark))


def test_a_new_document_is_offered_whole(editor: Editor) -> None:
    """Either kind, with what it must have and nothing that goes without saying."""
    items = offered(editor, "\n", "")
    assert {"User manifest", "Workflow manifest", "apiVersion", "kind"} <= set(items)
    whole = str(items["Workflow manifest"]["insertText"])
    assert "apiVersion: reconciler/v1\nkind: Workflow\nmetadata:\n  name: " in whole
    assert "job_type: " in whole
    assert "branch_id" not in whole


def test_the_fields_that_are_left_are_offered_with_what_they_are(editor: Editor) -> None:
    """Of the place where the cursor is, and in the second document too."""
    text = f"{USER}---\n{FLOW}      \n"
    items = offered(editor, text, "job_type: tiling\n      ")
    assert set(items) == {"branch_id", "needs", "parent_indices", "params"}
    assert "must succeed first" in str(items["needs"]["documentation"])
    assert {"user", "jobs"} <= set(offered(editor, f"{HEAD}spec:\n  \n", "spec:\n  "))


@pytest.mark.parametrize(
    ("text", "mark", "values"),
    [
        ("apiVersion: \n", "apiVersion: ", {"reconciler/v1"}),
        ("apiVersion: reconciler/v1\nkind: \n", "kind: ", {"User", "Workflow"}),
        (f"{FLOW}      branch_id: \n", "branch_id: ", {"main", "nuclei"}),
        (f"{HEAD}  annotations:\n    reconciler/prune: \n", "prune: ", {"disabled", "enabled"}),
    ],
)
def test_values_are_offered(editor: Editor, text: str, mark: str, values: set[str]) -> None:
    """Those that there are, or examples where text is free."""
    assert set(offered(editor, text, mark)) == values


def test_the_annotations_that_steer_are_offered(editor: Editor) -> None:
    """Nobody has to remember how they are spelt, nor that "true" is quoted."""
    items = offered(editor, f"{HEAD}  annotations:\n    \n", "annotations:\n    ")
    assert {"reconciler/prune", "reconciler/adopt", "reconciler/suspend"} <= set(items)
    assert '"true"' in str(items["reconciler/adopt"]["insertText"])


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ("kin", "a `User`, to whom workflows belong, or a `Workflow`"),
        ("  na", "Renaming makes another resource"),
        ("use", "the name of a User manifest, else a username"),
        ("job_t", "free text for those who run it"),
        ("branch", "branches side by side. `main` if left out."),
        ("reconciler/pru", "`disabled`: the rows are never pruned"),
    ],
)
def test_a_field_explains_itself(editor: Editor, mark: str, told: str) -> None:
    """Where the mouse rests on it, in Markdown, and in the second document too."""
    annotated = FLOW.replace("1\nspec", "1\n  annotations:\n    reconciler/prune: disabled\nspec")
    text = f"{annotated}      branch_id: b\n"
    assert told in editor.hover(fresh(), text, Cursor.after(text, mark))
    several = f"{USER}---\n{text}"
    at = Cursor.after(text, mark)
    assert told in editor.hover(fresh(), several, Cursor(at.line + USER.count("\n") + 1, at.character))


def test_examples_are_shown_with_a_field(editor: Editor) -> None:
    """As YAML that can be copied."""
    assert "```yaml\ntiling\n```" in editor.hover(fresh(), FLOW, Cursor.after(FLOW, "job_t"))


def test_a_line_above_a_document_names_its_schema(editor: Editor) -> None:
    """Where the folder has no mapping; each document needs its own."""
    line = "# yaml-language-server: $schema=../manifests.schema.json\n"
    wrong = f"{USER}colour: red\n"

    def marks(text: str) -> list[str]:
        return [one["message"] for one in editor.mistakes(fresh().replace("manifests", "elsewhere"), text)]

    assert marks(wrong) == []
    assert marks(f"{line}{wrong}") == ["Property colour is not allowed."]
    assert marks(f"{line}{wrong}---\n{line}{wrong}") == ["Property colour is not allowed."] * 2
