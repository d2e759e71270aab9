"""What files come to together."""

from reconciler.desired import Catalogue, Code, ParsedFile, Snapshot, SourceFile, build_desired, parse_file
from tests.builders import user_key, workflow_key


def user(path: str, name: str, username: str = "") -> ParsedFile:
    """A file with one user."""
    spec = f"\nspec: {{username: {username}}}" if username else ""
    text = f"apiVersion: reconciler/v1\nkind: User\nmetadata: {{name: {name}}}{spec}\n"
    return parse_file(SourceFile(path, text.encode()))


def workflow(path: str, name: str, owner: str = "ada") -> ParsedFile:
    """A file with one workflow."""
    text = (
        f"apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {{name: {name}}}\n"
        f"spec: {{user: {owner}, jobs: [{{name: tile, job_type: tiling}}]}}\n"
    )
    return parse_file(SourceFile(path, text.encode()))


def step(*files: ParsedFile, removed: tuple[str, ...] = ()) -> Snapshot:
    """A step of a source."""
    return Snapshot("r", "/", files, removed)


def test_one_identity_in_two_files_is_refused_with_both_places() -> None:
    """Neither wins; each place shows the other."""
    desired = build_desired(step(user("a.yaml", "ada"), user("b.yaml", "ada")))
    assert desired.manifests == {}
    assert set(desired.refused) == {user_key("ada")}
    assert [(one.code, one.where.path, one.related[0].where.path) for one in desired.diagnostics] == [
        (Code.DUPLICATE_IDENTITY, "a.yaml", "b.yaml"),
        (Code.DUPLICATE_IDENTITY, "b.yaml", "a.yaml"),
    ]
    assert desired.complete


def test_names_that_differ_only_by_case_are_both_refused() -> None:
    """The database tells them apart, people do not."""
    desired = build_desired(step(user("a.yaml", "ada"), user("b.yaml", "Ada"), user("c.yaml", "bob")))
    assert set(desired.refused) == {user_key("ada"), user_key("Ada")}
    assert set(desired.manifests) == {user_key("bob")}


def test_two_users_cannot_have_one_username() -> None:
    """Whichever came first would be a matter of chance."""
    desired = build_desired(step(user("a.yaml", "ada", "x"), user("b.yaml", "bob", "x")))
    assert set(desired.refused) == {user_key("ada"), user_key("bob")}
    assert desired.users == {"ada", "bob"}


def test_a_file_that_is_not_understood_takes_nothing_from_one_that_is() -> None:
    """Its claims show as refused only where nobody else declares them."""
    broken = parse_file(SourceFile("b.yaml", b"apiVersion: 7\nkind: User\nmetadata: {name: ada}\n"))
    desired = build_desired(step(user("a.yaml", "ada"), broken))
    assert set(desired.manifests) == {user_key("ada")}
    assert desired.quarantined == {"b.yaml"}
    assert not desired.complete


def test_a_user_that_comes_or_goes_affects_the_workflows_that_name_it() -> None:
    """They may be held for it, or released."""
    catalogue = Catalogue()
    assert catalogue.advance(step(workflow("w.yaml", "w"), workflow("v.yaml", "v", "bob"))) == {
        workflow_key("w"),
        workflow_key("v"),
    }
    assert catalogue.advance(step(user("a.yaml", "ada"))) == {user_key("ada"), workflow_key("w")}
    assert catalogue.advance(step(removed=("a.yaml",))) == {user_key("ada"), workflow_key("w")}
    assert catalogue.advance(step(workflow("w.yaml", "w"))) == frozenset()


def test_an_empty_root_is_no_proof_of_absence() -> None:
    """An unmounted folder looks just like it."""
    assert build_desired(step()).gaps == ("there is not one manifest file",)


def test_the_other_user_of_a_username_is_quoted_where_it_claims_it() -> None:
    """Not where the same user, declared twice, claims another one; that file may go without this changing."""
    twice = (user("a.yaml", "ada", "ada"), user("b.yaml", "ada", "Ada"))
    refused = build_desired(step(*twice, user("c.yaml", "eve", "Ada"))).refused
    related = refused[user_key("eve")].diagnostic.related
    assert [str(other.where) for other in related] == ["b.yaml:4:18"]
