"""What a file declares."""

from textwrap import dedent
from uuid import UUID

import yaml

from reconciler.desired import Code, Location, ParsedFile, SourceFile, parse_file, refuse_file
from reconciler.desired.editors import json_schema
from reconciler.resources import Job, Kind, ResourceKey, User, Workflow, digest
from tests.json_schema import violations


def parse(text: str, path: str = "a.yaml") -> ParsedFile:
    """Parse a file given as indented text."""
    return parse_file(SourceFile(path, dedent(text).encode()))


EXAMPLE = """\
    apiVersion: reconciler/v1
    kind: User
    metadata:
      name: test_user
    ---
    apiVersion: reconciler/v1
    kind: Workflow
    metadata:
      name: cmu-1-nuclei
      labels: {study: nuclei-density}
    spec:
      user: test_user
      jobs:
        - name: tile
          job_type: tiling
          params: {image: s3://slides/CMU-1.svs, tile: 1024}
        - name: "推理任务"
          job_type: inference
          branch_id: nuclei
          needs: [tile]
        - name: merge
          job_type: postprocessing
          branch_id: nuclei
          parent_indices: [1]
"""


def test_a_file_declares_its_documents_with_every_shorthand_resolved() -> None:
    """Defaults are filled in, and parents are names, however they were given."""
    parsed = parse(EXAMPLE)
    assert parsed.diagnostics == ()
    user, workflow = parsed.manifests
    assert user.resource == User("test_user", "test_user")
    assert workflow.resource == Workflow(
        "cmu-1-nuclei",
        "test_user",
        (
            Job("tile", "tiling", "main", (), {"image": "s3://slides/CMU-1.svs", "tile": 1024}),
            Job("推理任务", "inference", "nuclei", ("tile",)),
            Job("merge", "postprocessing", "nuclei", ("推理任务",)),
        ),
    )
    assert workflow.digest == digest(workflow.resource)


def test_one_row_alone_may_be_allowed_to_be_adopted() -> None:
    """By its id, in any case; `true` allows whichever row is there."""
    row_id = UUID("7b1e0c44-52d7-4c3e-9d3a-0f6f5d1e2a90")
    text = "{{apiVersion: reconciler/v1, kind: User, metadata: {{name: ada, annotations: {{{0}: {1}}}}}}}"

    for spelt in (str(row_id), str(row_id).upper()):
        document = text.format("reconciler/adopt", spelt)
        (user,) = parse(document).manifests
        assert user.meta.adopts(row_id)
        assert not user.meta.adopts(UUID(int=1))
        assert not list(violations(yaml.safe_load(document), json_schema()))
    (mistake,) = parse(text.format("reconciler/suspend", row_id)).diagnostics
    assert mistake.code == Code.ANNOTATION


def test_a_manifest_knows_where_it_stands() -> None:
    """Its own place is that of its name; its jobs have lines."""
    workflow = parse(EXAMPLE).manifests[1]
    assert workflow.where == Location("a.yaml", 2, 9, 9)
    assert workflow.job_lines == (14, 17, 21)
    assert workflow.meta.labels == {"study": "nuclei-density"}
    assert workflow.user == "test_user"


def test_an_empty_file_declares_nothing_and_is_understood() -> None:
    """So do one of comments only, and documents that hold nothing."""
    for text in ("", "# nothing\n", "---\n", "---\n---\n# nothing\n...\n"):
        assert parse(text) == parse_file(SourceFile("a.yaml", text.encode()))
        assert parse(text).understood
        assert parse(text).manifests == ()


def test_one_bad_document_quarantines_the_whole_file() -> None:
    """A move between documents is not applied by halves; the identities still show."""
    parsed = parse(EXAMPLE.replace("needs:", "nedes:"))
    assert not parsed.understood
    assert parsed.manifests == ()
    assert parsed.claims == (ResourceKey(Kind.USER, "test_user"), ResourceKey(Kind.WORKFLOW, "cmu-1-nuclei"))
    (mistake,) = parsed.diagnostics
    assert mistake.code == Code.UNKNOWN_FIELD
    assert mistake.hint == "did you mean `needs`?"
    assert mistake.where == Location("a.yaml", 2, 20, 7)
    assert mistake.resource == ResourceKey(Kind.WORKFLOW, "cmu-1-nuclei")


def test_what_cannot_be_read_at_all_is_a_file_too() -> None:
    """A source tells it in the same form as a mistake of the author's."""
    parsed = refuse_file("a/", Code.FOLDER_UNREADABLE, "the folder can't be listed")
    assert not parsed.understood
    assert str(parsed.diagnostics[0].where) == "a/"
