"""The loop that ties wake-ups to passes, and what stands around it: schedule, signals, pulse, status.

Law: passes run on one thread, one at a time. Everything else may only ask for one, or tell how things stand.
"""

from reconciler.daemon.bulletin import Identity
from reconciler.daemon.clock import SystemClock
from reconciler.daemon.loop import RunOnce
from reconciler.daemon.service import Edges, Habits, run_forever
from reconciler.daemon.timing import Cron, Every, Timing
from reconciler.daemon.wakeups import Wakeups

__all__ = [
    "Cron",
    "Edges",
    "Every",
    "Habits",
    "Identity",
    "RunOnce",
    "SystemClock",
    "Timing",
    "Wakeups",
    "run_forever",
]
