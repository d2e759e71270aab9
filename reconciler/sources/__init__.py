"""Where manifests come from: a folder that is watched.

Law: a source says what is there, never what to do about it. What can't be read is unknown, not absent; a
fetch that fails leaves the source as if it had not been asked; events are hints, and looking decides.
"""

from reconciler.sources.directory import DirectorySource
from reconciler.sources.files import Reading
from reconciler.sources.several import read_once
from reconciler.sources.watch import ProbedSource, Watcher

__all__ = ["DirectorySource", "ProbedSource", "Reading", "Watcher", "read_once"]
