"""What Prometheus is told: tallies of what happened, and gauges of how things stand.

Law: it is told and it is asked; it never reaches for anything. Every label has a known set of values, and
whatever is not among them is told as `other`.
"""

from reconciler.metrics.catalogue import CONTENT_TYPE, DEFINITIONS, Definition, Label, http_definitions
from reconciler.metrics.metrics import Inbox, Metrics
from reconciler.metrics.tallies import Requests

__all__ = [
    "CONTENT_TYPE",
    "DEFINITIONS",
    "Definition",
    "Inbox",
    "Label",
    "Metrics",
    "Requests",
    "http_definitions",
]
