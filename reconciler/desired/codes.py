"""Every mistake that a manifest can hold: a stable code, what it means, and how it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final


@unique
class Code(StrEnum):
    """The codes, stable for ever: a number is never given to another mistake, a retired one never again.

    1xx the YAML, 2xx the fields, 3xx the graph of jobs, 4xx one manifest against the others, 5xx the file.
    """

    NOT_UTF8 = "RC101"
    FORBIDDEN_CHARACTER = "RC102"
    SYNTAX = "RC103"
    TAB_INDENT = "RC104"
    DUPLICATE_KEY = "RC105"
    KEY_NOT_TEXT = "RC106"
    TAG = "RC107"
    DIRECTIVE = "RC108"
    UNKNOWN_ANCHOR = "RC109"
    RECURSIVE_ALIAS = "RC110"
    MERGE = "RC111"
    NUMBER_RANGE = "RC112"
    TOO_DEEP = "RC113"
    TOO_MANY_NODES = "RC114"
    TOO_MANY_DOCUMENTS = "RC115"
    TEXT_TOO_LONG = "RC116"

    NOT_A_MANIFEST = "RC201"
    API_VERSION = "RC202"
    KIND = "RC203"
    MISSING_FIELD = "RC204"
    UNKNOWN_FIELD = "RC205"
    WRONG_TYPE = "RC206"
    QUOTE_IT = "RC207"
    NAME = "RC208"
    TEXT = "RC209"
    COUNT = "RC210"
    ANNOTATION = "RC211"
    PARAMS_TOO_LARGE = "RC212"

    DUPLICATE_JOB = "RC301"
    UNKNOWN_PARENT = "RC302"
    OWN_PARENT = "RC303"
    PARENT_TWICE = "RC304"
    CYCLE = "RC305"
    TWO_PARENT_LISTS = "RC306"

    DUPLICATE_IDENTITY = "RC401"
    CASE_CLASH = "RC402"
    DUPLICATE_USERNAME = "RC403"
    UNKNOWN_USER = "RC404"

    UNREADABLE = "RC501"
    FILE_TOO_LARGE = "RC502"
    NOT_A_FILE = "RC503"
    LINK_OUTSIDE = "RC504"
    PATH_NOT_TEXT = "RC505"
    FOLDER_UNREADABLE = "RC506"
    LINK_BROKEN = "RC507"
    IGNORE_RULES = "RC508"
    MORE_MISTAKES = "RC599"

    @property
    def slug(self) -> str:
        """Give its name as people write it: `duplicate-key`."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for, each in one sentence."""

    cause: str
    cure: str


MEANINGS: Final[Mapping[Code, Meaning]] = MappingProxyType(
    {
        Code.NOT_UTF8: Meaning("The file is not UTF-8 text.", "Save it in UTF-8."),
        Code.FORBIDDEN_CHARACTER: Meaning(
            "A control character or a byte order mark inside the file, which YAML can't hold, or NUL.",
            "Remove it; one that is meant is written in double quotes as an escape, such as \\x1b.",
        ),
        Code.SYNTAX: Meaning(
            "The text is not YAML.", "Mend the line; the message says what was expected there."
        ),
        Code.TAB_INDENT: Meaning("A tab indents a line, which YAML does not allow.", "Indent with spaces."),
        Code.DUPLICATE_KEY: Meaning(
            "One mapping has a key twice; YAML readers differ in which one they believe.",
            "Keep one of the two.",
        ),
        Code.KEY_NOT_TEXT: Meaning("A key is a number, a boolean, null or a collection.", "Quote the key."),
        Code.TAG: Meaning("A value carries a tag that is not of the core schema.", "Remove the tag."),
        Code.DIRECTIVE: Meaning("A `%` directive other than `%YAML 1.2`.", "Remove the line."),
        Code.UNKNOWN_ANCHOR: Meaning(
            "An alias names an anchor that its document does not define before it.",
            "Define it, or mend the name.",
        ),
        Code.RECURSIVE_ALIAS: Meaning("An alias stands inside of what it names.", "Write the value out."),
        Code.MERGE: Meaning(
            "`<<` merges something that is not a mapping.",
            "Give it an alias of a mapping, or a list of them.",
        ),
        Code.NUMBER_RANGE: Meaning(
            "A number that JSON or PostgreSQL can't hold: beyond 64 bits, infinite, or not a number.",
            "Quote it if text is meant.",
        ),
        Code.TOO_DEEP: Meaning("Collections are nested too deeply.", "Flatten the value."),
        Code.TOO_MANY_NODES: Meaning(
            "The file has too many values, written out or through aliases and merges.",
            "Split it into several.",
        ),
        Code.TOO_MANY_DOCUMENTS: Meaning("The file has too many documents.", "Split it into several."),
        Code.TEXT_TOO_LONG: Meaning(
            "One text is too long.", "Keep large content elsewhere, and name its place."
        ),
        Code.NOT_A_MANIFEST: Meaning(
            "A document is a list or a single value, not a mapping with `apiVersion` and `kind`.",
            "Write one manifest to a document, with `---` between them.",
        ),
        Code.API_VERSION: Meaning("The `apiVersion` is unknown.", "Write `apiVersion: reconciler/v1`."),
        Code.KIND: Meaning("The `kind` is unknown.", "Write `kind: User` or `kind: Workflow`."),
        Code.MISSING_FIELD: Meaning("A field that must be there is missing or empty.", "Add it."),
        Code.UNKNOWN_FIELD: Meaning("A field that the kind does not have.", "Mend its name, or remove it."),
        Code.WRONG_TYPE: Meaning(
            "A value has another type than its field.",
            "Write the type that the message names; nothing is converted.",
        ),
        Code.QUOTE_IT: Meaning(
            "A number, a boolean or null stands where text is wanted; it is not converted.", "Quote it."
        ),
        Code.NAME: Meaning(
            "A `metadata.name` is not 1 to 63 of A-Z a-z 0-9 . _ - with a letter or digit at both ends.",
            "Choose another name.",
        ),
        Code.TEXT: Meaning(
            "A text is empty, too long, not in Unicode's normal form C, or has invisible characters.",
            "Mend the text.",
        ),
        Code.COUNT: Meaning("A list or mapping has too few or too many entries.", "Add some, or split it."),
        Code.ANNOTATION: Meaning(
            "An annotation that begins with `reconciler/`, or nearly so, is unknown, or its value is.",
            "Mend it: a mistyped one would be without effect.",
        ),
        Code.PARAMS_TOO_LARGE: Meaning(
            "The `params` of a job are too large.", "Keep large content elsewhere, and name its place."
        ),
        Code.DUPLICATE_JOB: Meaning("Two jobs of a workflow have one name.", "Rename one of them."),
        Code.UNKNOWN_PARENT: Meaning(
            "A job needs one that the workflow does not have.", "Mend the name, or add the job."
        ),
        Code.OWN_PARENT: Meaning("A job needs itself.", "Remove that entry."),
        Code.PARENT_TWICE: Meaning("A job names one parent twice.", "Remove one of the two."),
        Code.CYCLE: Meaning(
            "Jobs wait for one another in a circle, so that none could start.", "Remove one of the steps."
        ),
        Code.TWO_PARENT_LISTS: Meaning(
            "A job has both `needs` and `parent_indices`.",
            "Keep one of them; `needs` survives a change of order.",
        ),
        Code.DUPLICATE_IDENTITY: Meaning(
            "Two documents declare one kind and name; neither is applied, and the rows stay as they are.",
            "Remove or rename one of them.",
        ),
        Code.CASE_CLASH: Meaning(
            "Two names of one kind differ only by case; neither is applied.", "Rename one of them."
        ),
        Code.DUPLICATE_USERNAME: Meaning(
            "Two users have one username; neither is applied.", "Change one of them."
        ),
        Code.UNKNOWN_USER: Meaning(
            "No User manifest has the name that a workflow gives as its user: the database must have it.",
            "Mend the name, or declare the user, unless the database has it.",
        ),
        Code.UNREADABLE: Meaning("The file can't be read.", "Give the daemon the right to read it."),
        Code.FILE_TOO_LARGE: Meaning("The file is too large to be read.", "Split it into several."),
        Code.NOT_A_FILE: Meaning("It is not a regular file.", "Replace it by one, or give it another name."),
        Code.LINK_OUTSIDE: Meaning(
            "A link leads out of the folder of manifests.", "Put the file itself there."
        ),
        Code.PATH_NOT_TEXT: Meaning(
            "The name of a file or folder is not UTF-8, or has characters that do not show.", "Rename it."
        ),
        Code.FOLDER_UNREADABLE: Meaning(
            "The folder can't be listed.", "Give the daemon the right to list it."
        ),
        Code.LINK_BROKEN: Meaning(
            "A link leads to nothing, back to itself, or to a folder that it stands in.",
            "Mend it, remove it, or name it in `.reconcilerignore`.",
        ),
        Code.IGNORE_RULES: Meaning(
            "A `.reconcilerignore` can't be understood; what it last said stands.", "Use gitignore syntax."
        ),
        Code.MORE_MISTAKES: Meaning("The file has more mistakes than are shown.", "Mend those that are."),
    }
)


def slug_of(code: str) -> str:
    """Give the name of a code, "" when this version does not know it."""
    return Code(code).slug if code in _KNOWN else ""


def cure_of(code: str) -> str:
    """Give what mends a code's mistakes, "" when this version does not know it."""
    return MEANINGS[Code(code)].cure if code in _KNOWN else ""


_KNOWN: Final = frozenset(map(str, Code))
