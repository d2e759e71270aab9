"""What Prometheus is told: tallies of what happened, and gauges of how things stand.

Law: it is told and it is asked; it never reaches for anything. Every label has a known set of values, and
whatever is not among them is told as `other`.
"""

from reconciler.metrics.catalogue import CONTENT_TYPE, DEFINITIONS, Definition, Label
from reconciler.metrics.metrics import Inbox, Metrics

__all__ = ["CONTENT_TYPE", "DEFINITIONS", "Definition", "Inbox", "Label", "Metrics"]
