"""Proof: to a reader that polls all the while, no workflow is ever without its jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from multiprocessing.synchronize import Event
from typing import Final

import psycopg
from psycopg import IsolationLevel

from benchmarks.bench import Bench, BrokenPromiseError
from benchmarks.beside import beside
from reconciler.plan import Policy
from tests.integration.passes.conftest import Instance, open_instance, user, workflow
from tests.services import run_services

TITLE: Final = (
    "a reader polls while passes create, change and prune: it sees one pass or the next, never a mix"
)
_LIVES: Final = 10
"""After how many passes a workflow is pruned."""

_QUESTIONS: Final = {
    "a workflow without jobs": (
        "select count(*) from workflows w where not exists (select from jobs where workflow_id = w.id)"
    ),
    "a workflow with some of its jobs": (
        "select count(*) from (select from jobs group by workflow_id"
        " having count(*) <> min((params ->> 'jobs')::int)) as part"
    ),
    "jobs of one workflow from two revisions": (
        "select count(*) from (select from jobs group by workflow_id"
        " having count(distinct params ->> 'revision') > 1) as mix"
    ),
    "two workflows of one revision from two": (
        "select greatest(0, count(distinct params ->> 'revision') - 1) from jobs"
        " join workflows w on w.id = workflow_id where w.name like 'twin-%'"
    ),
    "a job without its parent": (
        "select count(*) from jobs c, jsonb_array_elements_text(c.parent_ids_json) as parent"
        " where not exists (select from jobs p where p.id::text = parent and p.workflow_id = c.workflow_id)"
    ),
}
"""What must never be seen, and the one statement that would see it: each counts to zero."""

_REVISION: Final = (
    "select max(params ->> 'revision') from jobs join workflows w on w.id = workflow_id"
    " where w.name = 'twin-a'"
)


@dataclass
class Seen:
    """What a reader saw: how often it looked, which revisions, and what it must never have seen."""

    looks: int = 0
    revisions: set[str] = field(default_factory=set)
    wrong: Counter[str] = field(default_factory=Counter)


def measure(bench: Bench) -> Iterator[str]:
    """Run the passes, and hear from the reader what it saw."""
    revisions = bench.sizes.revisions
    folder = bench.root / "reader"
    folder.mkdir()
    with run_services(folder, None) as services, services.database() as url:
        manifests = folder / "manifests"
        manifests.mkdir()
        with open_instance(url, manifests) as opened:
            instance = opened.under(replace(Policy(), prune=True, max_prune=1.0, prune_cap=10**9))
            instance.write("users.yaml", user())
            with beside(look, url) as end:
                done = Counter(str(one) for n in range(revisions) for one in _revise(instance, n))
                seen = end()
    if seen.wrong:
        raise BrokenPromiseError(", ".join(f"{what}: {times} times" for what, times in seen.wrong.items()))
    if done["created"] < revisions or done["pruned"] < revisions - _LIVES:
        raise BrokenPromiseError(f"the passes did not do what they should have: {dict(done)}")
    yield f"{revisions:,} passes: " + ", ".join(f"{times:,} {what}" for what, times in done.items())
    yield f"{seen.looks:,} looks, which met {len(seen.revisions):,} of the revisions; nothing wrong in any"


def _revise(instance: Instance, revision: int) -> Iterator[str]:
    """Change two workflows, add one and take one away, in one pass; give what it did, one by one."""
    for twin in ("twin-a", "twin-b"):
        instance.write(f"{twin}.yaml", _spell(twin, revision))
    instance.write(f"passing-{revision}.yaml", _spell(f"passing-{revision}", revision))
    (instance.folder / f"passing-{revision - _LIVES}.yaml").unlink(missing_ok=True)
    counts = instance.run().counts
    for action in ("created", "updated", "healed", "pruned", "held_back"):
        yield from [action] * getattr(counts, action)


def _spell(name: str, revision: int) -> str:
    """Spell a workflow of three to seven jobs, each of which needs the one before and tells its revision."""
    jobs = 3 + revision % 5
    params = f"params: {{revision: {revision}, jobs: {jobs}}}"
    lines = (
        f"name: job-{n}, job_type: inference, {params}" + (f", needs: [job-{n - 1}]" if n else "")
        for n in range(jobs)
    )
    return workflow(name, *lines)


def look(url: str, stop: Event) -> Seen:
    """Poll as a scheduler does, a statement at a time, and in transactions that see one moment."""
    seen = Seen()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        for seen.looks in count(1):
            for what, question in _QUESTIONS.items():
                if connection.execute(question).fetchall() != [(0,)]:
                    seen.wrong[what] += 1
            seen.revisions.update(str(row[0]) for row in connection.execute(_REVISION))
            with connection.transaction():
                workflows = set(connection.execute("select id from workflows"))
                owners = set(connection.execute("select workflow_id from jobs"))
            if workflows != owners:
                seen.wrong["a workflow without jobs, in one transaction"] += 1
            if stop.is_set():
                break
    return seen
