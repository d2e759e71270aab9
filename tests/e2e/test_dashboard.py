"""The dashboard in a browser, before the real daemon on a real PostgreSQL and Redis."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, expect

from tests.e2e.browser import CHROMIUM, Visitor, open_browser, visiting
from tests.e2e.daemons import PATIENCE, Workplace, until, workplace
from tests.services import Services

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium")

USERS = "apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
VIEWS = (
    "",
    "workflows",
    "workflows?as=tiles",
    "workflows?search=nothing-is-called-so",
    "workflows/slides",
    "workflows/slides?tab=manifest",
    "workflows/slides?tab=diff",
    "workflows/slides?tab=history",
    "workflows/slides?tab=events",
    "workflows/none",
    "jobs",
    "users",
    "users/ada",
    "problems",
    "approvals",
    "activity",
    "activity?tab=history",
    "activity?tab=passes",
    "nowhere",
)


def workflow(name: str, *jobs: str, branch: str = "main") -> str:
    """Write a workflow whose jobs run one after the other."""
    lines = [
        f'    - {{name: "{job}", job_type: tiling, branch_id: "{branch}"'
        + (f', needs: ["{before}"]}}' if before else "}")
        for before, job in zip(("", *jobs), jobs, strict=False)
    ]
    head = f"apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {{name: {name}, labels: {{study: s1}}}}\n"
    return "\n".join([f"{head}spec:\n  user: ada\n  jobs:", *lines, ""])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all that look through it."""
    with open_browser() as started:
        yield started


@pytest.fixture(scope="module")
def place(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """Run a daemon that prunes, in a folder of ten workflows."""
    folder = tmp_path_factory.mktemp("dashboard")
    with (
        services.database() as database_url,
        workplace(folder, {"DATABASE_URL": database_url, "REDIS_URL": services.empty_redis()}) as started,
    ):
        started.write("users.yaml", USERS)
        started.write("slides.yaml", workflow("slides", "切片", "推理", "合并"))
        for number in range(9):
            started.write(f"more/w{number}.yaml", workflow(f"w{number}", "tile"))
        started.start("--http", "127.0.0.1:0", "--prune", "--prune-delay", "200ms", "--interval", "1h")
        until(lambda: started.rows("select count(*) from workflows") == [(10,)])
        yield started


@pytest.fixture
def visitor(browser: Browser, place: Workplace) -> Iterator[Visitor]:
    """Give somebody whose browser finds no fault with any page, and asks nobody else for anything."""
    with visiting(browser, place.http()) as somebody:
        yield somebody
        assert somebody.complaints == []
        assert [one for one in somebody.asked if not one.startswith(f"{somebody.url}/")] == []


def test_what_is_edited_broken_mended_and_drifts_shows_by_itself(place: Workplace, visitor: Visitor) -> None:
    """Without a click: the page is left open, and follows."""
    page = visitor.page
    visitor.visit("workflows/slides")
    nodes = page.locator(".node")
    expect(nodes).to_have_count(3)

    place.write("slides.yaml", workflow("slides", "切片", "推理", "合并", "报告"))
    expect(nodes).to_have_count(4)
    expect(page.locator(".node", has_text="报告")).to_have_attribute("data-status", "PENDING")

    place.execute("update jobs set status = 'RUNNING' where name = '切片'")
    expect(page.locator(".node", has_text="切片")).to_have_attribute("data-status", "RUNNING")
    place.execute("update jobs set status = 'SUCCEEDED' where name = '切片'")

    place.write("slides.yaml", workflow("slides", "切片", "推理").replace("job_type", "job_tpye"))
    expect(page.locator(".note.bad")).to_contain_text("ManifestInvalid")
    visitor.visit("problems")
    mistake = page.locator(".diagnostic").first
    expect(mistake).to_contain_text("slides.yaml:7:")
    expect(mistake.locator(".excerpt")).to_contain_text("job_tpye: tiling")
    expect(mistake.locator(".caret")).to_have_text("^^^^^^^^")
    expect(mistake.locator(".help")).to_contain_text("job_type")
    visitor.visit("workflows/slides?tab=manifest")
    expect(page.locator(".source li.wrong")).to_have_count(2)

    place.write("slides.yaml", workflow("slides", "切片", "推理", "合并", "报告", "归档"))
    expect(page.locator(".head .badge", has_text="Synced")).to_be_visible()
    expect(page.locator(".source li.wrong")).to_have_count(0)

    visitor.visit()
    place.execute("update jobs set branch_id = 'mine' where name = '报告'")
    drift = page.locator(".card", has=page.get_by_role("heading", name="Drift"))
    expect(drift).to_contain_text("报告: branch_id")
    expect(page.locator(".card", has_text="Last edit").locator(".figure")).to_contain_text("from save to")
    expect(page.locator(".verdict h2")).to_have_text("11 resources, as declared")


def test_a_workflow_is_found_and_looked_through_without_a_mouse(visitor: Visitor) -> None:
    """Search, rows, the picture, tabs, help; and where one is stands in the address."""
    page, keys = visitor.page, visitor.page.keyboard
    visitor.visit()
    keys.press("g")
    keys.press("w")
    expect(page.locator("tbody tr").nth(9)).to_be_visible()
    keys.press("/")
    keys.type("slid")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"#/workflows\?search=slid$"))
    keys.press("Escape")
    keys.press("j")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("slides")

    page.locator(".node").first.focus()
    lit = page.locator(".lit .node.on")
    expect(lit).to_have_count(page.locator(".node").count())
    keys.press("ArrowRight")
    expect(page.locator(".node:focus")).to_contain_text("推理")
    keys.press("Enter")
    expect(page.locator(".jobs .chosen .name")).to_have_text("推理")
    keys.press("+")
    keys.press("f")
    page.go_back()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)

    keys.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("search")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.press("t")
    assert page.locator("html").get_attribute("data-theme") == "light"


def test_keys_stay_where_they_are_while_the_picture_changes(place: Workplace, visitor: Visitor) -> None:
    """What is shown is brought up to date beneath whoever walks through it by keyboard."""
    visitor.visit("workflows/slides")
    node = visitor.page.locator(".node").first
    node.focus()
    for status in ("RUNNING", "SUCCEEDED"):
        place.execute("update jobs set status = 'NEW' where name = '切片'".replace("NEW", status))
        expect(node).to_have_attribute("data-status", status)
        expect(node).to_be_focused()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_has_a_barrier(place: Workplace, browser: Browser, colours: str) -> None:
    """By axe-core's rules, contrast among them, as wide as a desk and as narrow as a phone."""
    place.write("broken.yaml", workflow("broken", "x").replace("spec", "sepc"))
    until(lambda: place.rows("select 1 from reconciler.statuses where sync = 'Invalid'"))
    found = {}
    with visiting(browser, place.http(), color_scheme=colours) as somebody:
        for view in VIEWS:
            somebody.visit(view)
            found[view] = somebody.barriers()
        somebody.page.keyboard.press("?")
        found["help"] = somebody.barriers()
    with visiting(
        browser, place.http(), color_scheme=colours, viewport={"width": 360, "height": 740}
    ) as somebody:
        for view in ("", "workflows", "workflows/slides", "problems"):
            somebody.visit(view)
            found[f"{view} on a phone"] = somebody.barriers()
            over = somebody.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, f"{view} is {over} px too wide for a phone"
    (place.manifests / "broken.yaml").unlink()
    assert {view: barriers for view, barriers in found.items() if barriers} == {}


def test_text_from_anywhere_stays_text(place: Workplace, visitor: Visitor) -> None:
    """Names of jobs, kinds, branches, labels, messages: nothing of it becomes markup."""
    place.write(
        "evil.yaml",
        workflow("evil", EVIL, branch=EVIL)
        .replace("job_type: tiling", f'job_type: "{EVIL}"')
        .replace("study: s1", f'study: "{EVIL}"'),
    )
    place.write("worse.yaml", f'apiVersion: "{EVIL}"\nkind: "{EVIL}"\n')
    until(lambda: place.rows("select 1 from workflows where name = 'evil'"))
    place.execute("update jobs set status = name where name like '<script%'")
    views = ("", "workflows", "workflows?as=tiles", "jobs", "problems", "activity", "activity?tab=history")
    tabs = [f"workflows/evil?tab={tab}" for tab in ("jobs", "manifest", "diff", "events", "history")]
    for view in (*views, *tabs, f"workflows?search={EVIL}", f"workflows/{EVIL}"):
        visitor.visit(view)
        assert visitor.page.locator("main script, main img, main [onerror]").count() == 0
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(EVIL)
    visitor.forgive("404")
    (place.manifests / "worse.yaml").unlink()


def test_a_thousand_jobs_are_drawn_in_less_than_a_second(place: Workplace, visitor: Visitor) -> None:
    """Laid out by the server, drawn as elements that a status changes."""
    jobs = "".join(
        f'    - {{name: "j{n}", job_type: t, branch_id: b{n % 10}'
        + (f", parent_indices: [{n - 10}]" if n >= 10 else "")
        + "}\n"
        for n in range(1000)
    )
    head = (
        "apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {name: thousand}\nspec:\n  user: ada\n  jobs:\n"
    )
    place.write("thousand.yaml", f"{head}{jobs}")
    until(lambda: place.rows("select count(*) from jobs where name like 'j%'") == [(1000,)])
    took = min(_drawn_in(visitor) for _ in range(3))
    assert took < 1000, f"{took:.0f} ms"


def _drawn_in(visitor: Visitor) -> float:
    """Come from a workflow of few jobs to one of a thousand; gives milliseconds."""
    visitor.visit("workflows/slides")
    expect(visitor.page.locator(".node")).not_to_have_count(0)
    visitor.page.evaluate(
        """() => { window.took = 0; window.began = performance.now(); location.hash = '#/workflows/thousand';
        const look = () => document.querySelectorAll('.node').length === 1000
          ? (window.took = performance.now() - window.began) : requestAnimationFrame(look); look(); }"""
    )
    took: float = until(lambda: visitor.page.evaluate("window.took"))
    return took


def test_a_small_picture_is_large_and_a_large_one_begins_where_it_can_be_read(visitor: Visitor) -> None:
    """A few jobs grow at the top of a low card; a thousand are shown from the first, and whole when asked."""
    first, last = visitor.page.locator(".node .box").first, visitor.page.locator(".node .box").last
    card = visitor.page.locator(".picture")
    visitor.visit("workflows/slides")
    around, box = _place(card), _place(first)
    assert around["height"] < 300
    assert box["height"] > 45
    assert box["y"] - around["y"] < 60

    visitor.visit("workflows/thousand")
    expect(visitor.page.locator(".node")).to_have_count(1000)
    assert _place(first)["height"] > 20
    visitor.page.get_by_role("button", name="Fit the picture").click()
    around, box = _place(card), _place(last)
    assert box["x"] + box["width"] < around["x"] + around["width"]


def _place(of: Locator) -> FloatRect:
    found = of.bounding_box()
    assert found
    return found


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_tables_fit_the_screen(place: Workplace, visitor: Visitor, width: int, height: int) -> None:
    """Long names and labels give way: no column hides behind the edge."""
    name = "n" * 63
    place.write("long.yaml", workflow(name, "one").replace("study: s1", f"one: {name}, two: {name}"))
    until(lambda: place.rows("select 1 from workflows where length(name) = 63"))
    visitor.page.set_viewport_size({"width": width, "height": height})
    for view in ("workflows", f"jobs?workflow={name}"):
        visitor.visit(view)
        expect(visitor.page.get_by_role("link", name=name, exact=True)).to_be_visible()
        hidden = "it => it.scrollWidth - it.clientWidth"
        assert visitor.page.locator(".table").evaluate(hidden) == 0
    (place.manifests / "long.yaml").unlink()


def test_what_takes_a_token_asks_for_it_once_and_does_what_was_asked(
    place: Workplace, visitor: Visitor
) -> None:
    """Dry run, a pass, suspend and resume; the token stays in this tab, and in no address."""
    token = place.command("token", "create", "page", "--scope", "reconcile", "--scope", "approve")
    assert token.returncode == 0, token.stderr
    page = visitor.page
    visitor.visit("workflows/slides")
    page.get_by_role("button", name="Dry run").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("reconciler token create")
    dialog.get_by_label("Token").fill(token.stdout.strip())
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("What a pass would do")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Reconcile").click()
    expect(page.locator("#notices")).to_contain_text("Unchanged")
    page.get_by_role("button", name="Suspend", exact=True).click()
    page.get_by_label("Why").fill("the slide is scanned again")
    page.keyboard.press("Enter")
    expect(page.locator(".head .badge", has_text="Suspended")).to_be_visible()
    expect(page.locator(".head .note")).to_contain_text("the slide is scanned again")
    place.write("slides.yaml", workflow("slides", "切片", "推理"))
    page.get_by_role("link", name="Diff").click()
    expect(page.locator(".beside")).to_contain_text("Left as it is for now")
    expect(page.locator(".beside .step .job")).not_to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".head .badge", has_text="Synced")).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    assert not [one for one in visitor.asked if token.stdout.strip() in one]
    visitor.forgive("401")


def test_from_elsewhere_nothing_is_shown_without_a_token(place: Workplace, browser: Browser) -> None:
    """A proxy stands for elsewhere; what is shown then is shown live."""
    token = place.command("token", "create", "reader").stdout.strip()
    with visiting(browser, place.http(), extra_http_headers={"X-Forwarded-For": "192.0.2.1"}) as somebody:
        page = somebody.page
        page.goto(f"{somebody.url}/#/workflows")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text("not one of this instance")
        expect(page.locator("tbody tr")).to_have_count(0)
        dialog.get_by_label("Token").fill(token)
        page.keyboard.press("Enter")
        expect(page.locator("tbody tr").first).to_be_visible()
        expect(page.locator("#live")).to_have_text("Live")
        page.reload()
        expect(page.locator("tbody tr").first).to_be_visible()
        somebody.forgive("401")
        assert somebody.complaints == []


def test_a_prune_that_waits_shows_what_would_go_and_is_approved_from_there(
    place: Workplace, visitor: Visitor
) -> None:
    """Exactly these rows, and no others, after a second look."""
    token = place.command("token", "create", "approver", "--scope", "approve").stdout.strip()
    for path in (place.manifests / "more").iterdir():
        path.unlink()
    page = visitor.page
    visitor.visit("approvals")
    going = page.locator(".card .subjects li")
    expect(going).to_have_count(9)
    expect(going.first).to_contain_text("Workflow/w0")
    page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("li")).to_have_count(9)
    dialog.get_by_role("button", name=re.compile("^Approve ")).click()
    dialog.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    expect(page.locator("main .empty .lead")).to_have_text("Nothing waits for approval.")
    assert place.rows("select count(*) from workflows where name ~ '^w[0-9]$'") == [(0,)]
    visitor.forgive("401")


def test_when_the_daemon_goes_the_page_says_how_old_it_is_and_recovers(
    place: Workplace, browser: Browser
) -> None:
    """What is shown stays; the ribbon says why it is not younger. The process that serves HTTP was killed."""
    with visiting(browser, place.http()) as somebody:
        page = somebody.page
        somebody.visit("workflows")
        before = page.locator("tbody tr").count()
        page.context.set_offline(offline=True)
        place.end_http()
        place.write("w-new.yaml", workflow("w-new", "tile"))
        expect(page.locator("#ribbon")).to_contain_text(re.compile(r"What is shown is \d+ s old"))
        expect(page.locator("tbody tr")).to_have_count(before)
        page.context.set_offline(offline=False)
        expect(page.locator("tbody tr")).to_have_count(before + 1, timeout=PATIENCE * 1000)
        expect(page.locator("#ribbon")).to_be_hidden()
