"""What the manifests say: files in, resources and the author's mistakes out.

Law: pure. Bytes come in as values; no file is opened, no clock read, nothing logged. A mistake of the
author's is returned as a `Diagnostic`, never raised.
"""

from reconciler.desired.diagnostic import Diagnostic, Excerpt, Location, Related, Severity
from reconciler.desired.manifest import Manifest, ParsedFile, SourceFile
from reconciler.desired.state import DesiredState, Refusal, Snapshot

__all__ = [
    "DesiredState",
    "Diagnostic",
    "Excerpt",
    "Location",
    "Manifest",
    "ParsedFile",
    "Refusal",
    "Related",
    "Severity",
    "Snapshot",
    "SourceFile",
]
