"""The kustomize base: its parts fit together and to the daemon; and what tools say of it, where they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import __version__
from reconciler.settings.options import BY_NAME, OPTIONS
from reconciler.web.access import ScopedRoute
from reconciler.web.routes import health

ROOT = Path(__file__).parents[3]
BASE = ROOT / "deploy" / "kubernetes"
COMPONENT = BASE / "without-git"
KUSTOMIZATION: Mapping[str, Any] = yaml.safe_load((BASE / "kustomization.yaml").read_text())
PARTS: list[Mapping[str, Any]] = [
    part for name in KUSTOMIZATION["resources"] for part in yaml.safe_load_all((BASE / name).read_text())
]
BY_KIND = {part["kind"]: part for part in PARTS}
DEPLOYMENT = BY_KIND["Deployment"]["spec"]
POD = DEPLOYMENT["template"]["spec"]
CONTAINERS: Mapping[str, Mapping[str, Any]] = {
    one["name"]: one for one in (*POD["initContainers"], *POD["containers"])
}
DAEMON = CONTAINERS["reconciler"]
GIVEN: Mapping[str, Mapping[str, str]] = {
    one["name"]: dict(pair.split("=", 1) for pair in one["literals"])
    for one in KUSTOMIZATION["configMapGenerator"]
}
ENVIRONMENT: Mapping[str, Any] = {one["name"]: one for one in DAEMON["env"]}
KUBECTL = shutil.which("kubectl")


def _probes() -> Iterator[Mapping[str, Any]]:
    return (DAEMON[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe"))


def test_every_file_is_named_and_every_name_is_a_file() -> None:
    """A file that nothing names is applied by nobody."""
    files = {file.name for file in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])
    assert [part["metadata"]["name"] for part in PARTS] == ["reconciler"] * len(PARTS)


def test_labels_and_selectors_meet() -> None:
    """Deployment, service, budget, policy and the spread over nodes all mean the same pods."""
    labels = DEPLOYMENT["template"]["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/name": "reconciler"}
    assert all(part["metadata"]["labels"] == labels for part in PARTS)
    assert BY_KIND["Service"]["spec"]["selector"] == labels
    selectors = [
        DEPLOYMENT["selector"],
        BY_KIND["PodDisruptionBudget"]["spec"]["selector"],
        BY_KIND["NetworkPolicy"]["spec"]["podSelector"],
        *(one["labelSelector"] for one in POD["topologySpreadConstraints"]),
    ]
    assert all(selector == {"matchLabels": labels} for selector in selectors)


def test_one_replica_may_go_and_another_stays() -> None:
    """Two of them, and neither an update nor an emptied node takes both."""
    assert DEPLOYMENT["replicas"] == 2
    assert DEPLOYMENT["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert BY_KIND["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_every_way_leads_to_the_port_on_which_http_is_served() -> None:
    """Service, probes and policy name it; the setting says it."""
    (port,) = DAEMON["ports"]
    assert ENVIRONMENT["RECONCILER_HTTP"]["value"] == f"0.0.0.0:{port['containerPort']}"
    assert f"\nEXPOSE {port['containerPort']}\n" in (ROOT / "Dockerfile").read_text()
    (served,) = BY_KIND["Service"]["spec"]["ports"]
    assert served["targetPort"] == port["name"]
    assert {probe["port"] for probe in _probes()} == {port["name"]}
    (entry,) = BY_KIND["NetworkPolicy"]["spec"]["ingress"]
    assert [one["port"] for one in entry["ports"]] == [port["name"]]


def test_probes_ask_for_what_takes_no_token_under_a_name_that_is_always_allowed() -> None:
    """The kubelet has no token, and would ask by an address."""
    free = {
        route.path for route in health.router.routes if isinstance(route, ScopedRoute) and route.scope is None
    }
    for probe in _probes():
        assert probe["path"] in free
        assert probe["httpHeaders"] == [{"name": "Host", "value": "localhost"}]
    assert DAEMON["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert DAEMON["livenessProbe"]["httpGet"]["path"] == "/livez"


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_container_can_change_itself_or_gain_a_right(name: str) -> None:
    """What the standard called restricted asks for, and a root that can't be written."""
    context = CONTAINERS[name]["securityContext"]
    assert context["runAsUser"] > 0
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert set(CONTAINERS[name]["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in CONTAINERS[name]["resources"]["limits"]


def test_the_daemon_runs_as_the_user_of_its_image() -> None:
    """And reads by its group what others put into the volumes."""
    (user,) = re.findall(r"^USER (\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    context = DAEMON["securityContext"]
    assert context["runAsUser"] == context["runAsGroup"] == POD["securityContext"]["fsGroup"] == int(user)


def test_the_daemon_gets_no_token_of_the_cluster() -> None:
    """It asks nothing of Kubernetes."""
    assert POD["serviceAccountName"] == BY_KIND["ServiceAccount"]["metadata"]["name"]
    assert BY_KIND["ServiceAccount"]["automountServiceAccountToken"] is False
    assert POD["automountServiceAccountToken"] is False


def test_every_volume_that_is_mounted_is_there_and_none_for_nothing() -> None:
    """And the daemon writes to none but its own /tmp."""
    mounted = {mount["name"] for one in CONTAINERS.values() for mount in one["volumeMounts"]}
    assert mounted == {volume["name"] for volume in POD["volumes"]}
    written = {mount["name"] for mount in DAEMON["volumeMounts"] if not mount.get("readOnly")}
    assert written == {"tmp"}


def test_addresses_come_from_files_of_a_secret() -> None:
    """No password stands in a manifest, in the environment, or in what `kubectl describe` shows."""
    (secret,) = (volume["secret"] for volume in POD["volumes"] if "secret" in volume)
    (folder,) = (one["mountPath"] for one in DAEMON["volumeMounts"] if one["name"] == "addresses")
    there = {f"{folder}/{item['path']}" for item in secret["items"]}
    assert {ENVIRONMENT[f"{name}_FILE"]["value"] for name in ("DATABASE_URL", "REDIS_URL")} == there
    head = (BASE / "kustomization.yaml").read_text()
    assert all(f"--from-literal={item['key']}=" in head for item in secret["items"])
    assert "kind: Secret" not in "".join(file.read_text() for file in BASE.rglob("*.yaml"))


def test_every_setting_that_is_given_exists() -> None:
    """A setting that is misspelt would be passed over in silence."""
    known = {name for option in OPTIONS for name in option.environment}
    known |= {f"{name}_FILE" for option in OPTIONS if option.secret for name in option.environment}
    assert {*GIVEN["reconciler"], *ENVIRONMENT} - known == {"POD_IP", "NAMESPACE"}
    assert DAEMON["envFrom"] == [{"configMapRef": {"name": "reconciler"}}]
    hosts = ENVIRONMENT["RECONCILER_HTTP_HOSTS"]["value"]
    filled = hosts.replace("$(POD_IP)", "10.0.0.7").replace("$(NAMESPACE)", "studies")
    assert "10.0.0.7" in BY_NAME["http_hosts"].read(filled)
    assert list(ENVIRONMENT).index("RECONCILER_HTTP_HOSTS") > list(ENVIRONMENT).index("NAMESPACE")


def test_git_checks_out_where_the_daemon_reads() -> None:
    """Once before it starts, then again and again; both by the same image and the same settings."""
    git = GIVEN["reconciler-git"]
    assert GIVEN["reconciler"]["RECONCILER_MANIFESTS"] == f"{git['GITSYNC_ROOT']}/{git['GITSYNC_LINK']}"
    once, always = CONTAINERS["checkout"], CONTAINERS["git-sync"]
    same = set(once) - {"name", "args"}
    assert {key: once[key] for key in same} == {key: always[key] for key in same}
    assert once["args"] == ["--one-time"]
    for container in (once, always, DAEMON):
        paths = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
        assert paths["manifests"] == git["GITSYNC_ROOT"]


def test_images_are_pinned_and_ours_bears_its_version() -> None:
    """The same base starts the same programs next year."""
    assert DAEMON["image"] == f"reconciler:{__version__}"
    assert all(re.search(r":v?\d+\.\d+\.\d+$", one["image"]) for one in CONTAINERS.values())


def test_a_pass_may_end_before_the_daemon_is_killed() -> None:
    """The kubelet's patience is longer than the daemon's."""
    drain = BY_NAME["drain"]
    assert POD["terminationGracePeriodSeconds"] > drain.read(drain.default).total_seconds()


def test_the_component_takes_git_away_and_nothing_else() -> None:
    """What it deletes is there, and the volume that it fills is the one that is read."""
    patch = yaml.safe_load((COMPONENT / "deployment.yaml").read_text())["spec"]["template"]["spec"]
    gone = {one["name"] for part in patch.values() for one in part if one.get("$patch") == "delete"}
    assert gone == {"checkout", "git-sync", "git-tmp"}
    (kept,) = (one for one in patch["volumes"] if "$patch" not in one)
    assert kept["name"] == "manifests"


# --- what tools say -------------------------------------------------------------------------------------


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed here")
@pytest.mark.parametrize("components", [(), ("base/without-git",)], ids=["git", "without git"])
def test_kustomize_builds_it(tmp_path: Path, components: tuple[str, ...]) -> None:
    """As a base of somebody's, with and without the component; no cluster is asked."""
    built = _built(tmp_path, components)
    names = [part["metadata"]["name"] for part in built if part["kind"] == "ConfigMap"]
    assert len(names) == 3
    assert len(built) == len(PARTS) + len(names)
    assert ("git-sync" in str(built)) == (not components)


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed here")
@pytest.mark.parametrize("components", [(), ("base/without-git",)], ids=["git", "without git"])
def test_kubernetes_understands_it(tmp_path: Path, components: tuple[str, ...]) -> None:
    """Judged by the schemas that `kubernetes-validate` brings along; an unknown field is a fault."""
    schemas = pytest.importorskip("kubernetes_validate", reason="no schemas of Kubernetes are installed here")
    for part in _built(tmp_path, components):
        schemas.validate(part, "1.32", strict=True)


def _built(folder: Path, components: tuple[str, ...]) -> list[Mapping[str, Any]]:
    shutil.copytree(BASE, folder / "base")
    (folder / "users.yaml").write_text("apiVersion: reconciler/v1\n")
    own = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "studies",
        "resources": ["base"],
        "components": list(components),
        "configMapGenerator": [
            {"name": "manifests", "files": ["users.yaml"], "options": {"disableNameSuffixHash": True}},
            {"name": "reconciler", "behavior": "merge", "literals": ["RECONCILER_PRUNE=true"]},
        ],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(own))
    ran = subprocess.run(
        [str(KUBECTL), "kustomize", str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return list(yaml.safe_load_all(ran.stdout))
