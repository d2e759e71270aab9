"""Redis: where the status is looked at, and the stream of what happened.

Law: a view, never an input to a decision. Whatever is wrong with Redis costs a pass a bounded time and
nothing else; whatever Redis has lost is built anew. Only what changed is written, only by the writer of the
highest epoch, and a reader sees a whole view or none.
"""

from reconciler.status.board import RedisBoard
from reconciler.status.limits import Limits
from reconciler.status.reader import BoardReader
from reconciler.status.silent import SilentBoard

__all__ = ["BoardReader", "Limits", "RedisBoard", "SilentBoard"]
