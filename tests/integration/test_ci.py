"""What CI runs leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / ".ci" / "leave_nothing.py"


def _leave_nothing(grace: str, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROGRAM, grace, "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_exit_code_is_the_commands_own() -> None:
    """A failure stays the failure that it was; a signal shows as a shell would show it."""
    assert _leave_nothing("0", "exit 5").returncode == 5
    assert _leave_nothing("0", "kill -9 $$").returncode == 137


def test_what_ends_in_time_is_not_left_behind() -> None:
    """A server that is still stopping when its test is done may finish."""
    assert _leave_nothing("20", "setsid sleep 0.2 >/dev/null 2>&1 &").returncode == 0


def test_a_process_left_behind_is_named_ended_and_a_failure() -> None:
    """Even one with a session of its own, and the children that it has."""
    # They hold our pipes: that the call returns shows that all of them ended.
    result = _leave_nothing("0", "setsid sh -c 'sleep 300 & wait' &")
    assert result.returncode == 1
    assert "left behind" in result.stderr
