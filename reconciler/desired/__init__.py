"""What the manifests say: files in, resources and the author's mistakes out.

Law: pure. Bytes come in as values; no file is opened, no clock read, nothing logged. A mistake of the
author's is returned as a `Diagnostic`, never raised.
"""

from reconciler.desired.catalogue import Catalogue, build_desired
from reconciler.desired.codes import MEANINGS, Code, Meaning, cure_of, slug_of
from reconciler.desired.diagnostic import Diagnostic, Excerpt, Location, Related, Severity
from reconciler.desired.limits import LIMITS, Limits
from reconciler.desired.manifest import Manifest, ParsedFile, SourceFile
from reconciler.desired.parse import parse_file, refuse_file
from reconciler.desired.state import DesiredState, Refusal, Snapshot
from reconciler.desired.suggest import closest
from reconciler.desired.words import shown

__all__ = [
    "LIMITS",
    "MEANINGS",
    "Catalogue",
    "Code",
    "DesiredState",
    "Diagnostic",
    "Excerpt",
    "Limits",
    "Location",
    "Manifest",
    "Meaning",
    "ParsedFile",
    "Refusal",
    "Related",
    "Severity",
    "Snapshot",
    "SourceFile",
    "build_desired",
    "closest",
    "cure_of",
    "parse_file",
    "refuse_file",
    "shown",
    "slug_of",
]
