"""The kinds of manifest as the author writes them: strict, nothing unknown, nothing converted.

The JSON Schemas for editors are generated from these models; their descriptions are what a person sees there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, TypeAdapter
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

API_VERSION: Final = "reconciler/v1"
NAME_PATTERN: Final = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
NAME: Final = re.compile(NAME_PATTERN)
MAX_NAME: Final = 63
MAX_TEXT: Final = 200
MAX_JOBS: Final = 10_000
MAX_ENTRIES: Final = 100
MAX_LABEL: Final = 1_000
MAX_ANNOTATION: Final = 10_000
PREFIX: Final = "reconciler"
STEERING: Final = {
    "reconciler/prune": ("disabled", "enabled"),
    "reconciler/adopt": ("true", "false"),
    "reconciler/suspend": ("true", "false"),
}
"""The annotations that steer us, with the values they take; see `steers`."""

ADOPT: Final = "reconciler/adopt"
ROW_ID_PATTERN: Final = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_ROW_ID: Final = re.compile(ROW_ID_PATTERN)


def steers(key: str, value: str) -> bool:
    """Whether an annotation that steers us takes this value; that of adoption also takes the id of a row."""
    return value in STEERING[key] or (key == ADOPT and _ROW_ID.fullmatch(value) is not None)


_STEERED: Final[JsonDict] = {
    "reconciler/prune": {
        "enum": list(STEERING["reconciler/prune"]),
        "description": "`disabled`: the rows are never pruned, not even after the manifest is gone.",
    },
    ADOPT: {
        "type": "string",
        "pattern": f"^(true|false|{ROW_ID_PATTERN.strip('^$')})$",
        "patternErrorMessage": 'It is "true", "false" or the id of a row.',
        "description": (
            '`"true"`: a row that nobody manages is taken over although it differs. The id of a row: exactly '
            "that one, whatever it is called."
        ),
        "examples": ["true"],
    },
    "reconciler/suspend": {
        "enum": list(STEERING["reconciler/suspend"]),
        "description": '`"true"`: the rows are left as they are, neither changed nor healed nor pruned.',
    },
}
_OTHER_STEERING: Final = rf"^reconciler/(?!({'|'.join(key.partition('/')[2] for key in STEERING)})$)"
"""What begins as an annotation that steers us, and is none."""

SEEN: Final = (
    r"[^\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
"""A character that people can see, as far as an editor's pattern tells: those beyond 16 bits all pass."""

_QUOTE: Final = "Text is wanted here: quote a number, a date, true, false or null."
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def invisible(text: str) -> str:
    """Give the first character of a text that a person could not see, "" when there is none."""
    if text.isascii() and text.isprintable():
        return ""
    return next((c for c in text if unicodedata.category(c) in _INVISIBLE), "")


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    if invisible(text):
        raise PydanticCustomError("invisible", "an invisible character")
    if not unicodedata.is_normalized("NFC", text):
        raise PydanticCustomError("not_nfc", "not in normal form C")
    return text


Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_TEXT,
        json_schema_extra={
            "pattern": f"^{SEEN}{{0,{MAX_TEXT}}}$",
            "patternErrorMessage": f"1 to {MAX_TEXT} characters, all of which people can see.",
            "errorMessage": _QUOTE,
        },
    ),
    AfterValidator(_visible),
]
Name = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        min_length=1,
        max_length=MAX_NAME,
        json_schema_extra={
            "patternErrorMessage": (
                f"1 to {MAX_NAME} of A-Z a-z 0-9 . _ -, with a letter or a digit at both ends."
            ),
            "errorMessage": _QUOTE,
        },
    ),
]
LabelKey = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_visible)]

_KEYS: Final[JsonDict] = {
    "minLength": 1,
    "pattern": f"^{SEEN}{{0,{MAX_TEXT}}}$",
    "patternErrorMessage": f"1 to {MAX_TEXT} characters, all of which people can see.",
}
"""What an editor is told of keys; as a pattern of `LabelKey` it would be taken for one of properties."""


def _note(most: int) -> JsonDict:
    return {
        "pattern": rf"^[^\u0000]{{0,{most}}}$",
        "patternErrorMessage": f"At most {most:,} characters, and none of them NUL.",
        "errorMessage": _QUOTE,
    }


LabelValue = Annotated[str, Field(max_length=MAX_LABEL, json_schema_extra=_note(MAX_LABEL))]
AnnotationValue = Annotated[str, Field(max_length=MAX_ANNOTATION, json_schema_extra=_note(MAX_ANNOTATION))]


_VERSION: Final = "The version of the manifest format: `reconciler/v1`."
_KIND: Final = "What is declared: a `User`, to whom workflows belong, or a `Workflow`, a graph of jobs."
_METADATA: Final = "The name of the resource, and labels and annotations if it has any."


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(_Model):
    """Who the resource is, and what else is known of it."""

    name: Name = Field(
        description=(
            "The identity of the resource, unique in its kind whatever the case of its letters. Renaming "
            "makes another resource; moving the document to another file does not."
        ),
        examples=["cmu-1-nuclei"],
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict,
        max_length=MAX_ENTRIES,
        description="Free text to search and group by, as in `reconciler get -l study=nuclei-density`.",
        examples=[{"study": "nuclei-density"}],
        json_schema_extra={"propertyNames": _KEYS},
    )
    annotations: dict[LabelKey, AnnotationValue] = Field(
        default_factory=dict,
        max_length=MAX_ENTRIES,
        description=(
            "Free text. `reconciler/prune: disabled` protects the rows from ever being pruned, "
            '`reconciler/adopt: "true"` takes over rows that nobody manages, '
            '`reconciler/suspend: "true"` leaves the rows as they are.'
        ),
        json_schema_extra={
            "properties": _STEERED,
            "patternProperties": {_OTHER_STEERING: False},
            "propertyNames": _KEYS,
        },
    )


class UserSpec(_Model):
    """What a user is."""

    username: Text = Field(
        default_factory=str,
        description="The username in the database, when it is not `metadata.name`; free text.",
        examples=["ada.lovelace@example.org"],
    )


class UserManifest(_Model):
    """A tenant, to whom workflows belong."""

    apiVersion: Literal["reconciler/v1"] = Field(description=_VERSION)  # noqa: N815
    kind: Literal["User"] = Field(description=_KIND)
    metadata: Metadata = Field(description=_METADATA, examples=[{"name": "test_user"}])
    spec: UserSpec = Field(
        default_factory=UserSpec, description="What the user is; not needed when the username is the name."
    )


class JobSpec(_Model):
    """One job: a node of the workflow's directed acyclic graph."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependencies": {
                "needs": {
                    "properties": {"parent_indices": False},
                    "errorMessage": "A job has `needs` or `parent_indices`, not both.",
                }
            }
        }
    )

    name: Text = Field(
        description="Unique in the workflow; free text. Renaming makes another job.",
        examples=["tile", "推理任务"],
    )
    job_type: Text = Field(
        description="What kind of work it is; free text for those who run it.",
        examples=["tiling", "inference", "postprocessing"],
    )
    branch_id: Text = Field(
        default="main",
        description="Jobs of one branch run one after the other, branches side by side. `main` if left out.",
        examples=["main", "nuclei"],
    )
    needs: list[Text] = Field(
        default_factory=list,
        max_length=MAX_JOBS,
        description="The names of the jobs that must succeed first, wherever they stand in the list.",
        examples=[["tile"]],
        json_schema_extra={"uniqueItems": True},
    )
    parent_indices: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list,
        max_length=MAX_JOBS,
        description="The same by position in the list, counted from 0; `needs` survives a change of order.",
        examples=[[0]],
        json_schema_extra={"uniqueItems": True},
    )
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="Any JSON object, handed as it is to whoever runs the job.",
        examples=[{"image": "s3://slides/CMU-1.svs", "tile_size": 1024}],
    )


class WorkflowSpec(_Model):
    """What a workflow is."""

    user: Text = Field(
        description="Whose it is: the name of a User manifest, else a username that the database has.",
        examples=["test_user"],
    )
    jobs: list[JobSpec] = Field(
        min_length=1,
        max_length=MAX_JOBS,
        description="The jobs, in any order: what a job waits for stands in its `needs`.",
        examples=[[{"name": "tile", "job_type": "tiling"}]],
    )


class WorkflowManifest(_Model):
    """A directed acyclic graph of jobs that belongs to a user."""

    apiVersion: Literal["reconciler/v1"] = Field(description=_VERSION)  # noqa: N815
    kind: Literal["Workflow"] = Field(description=_KIND)
    metadata: Metadata = Field(description=_METADATA, examples=[{"name": "cmu-1-nuclei"}])
    spec: WorkflowSpec = Field(
        description="Whose the workflow is, and its jobs.",
        examples=[{"user": "test_user", "jobs": [{"name": "tile", "job_type": "tiling"}]}],
    )


AnyManifest = Annotated[UserManifest | WorkflowManifest, Discriminator("kind")]
MANIFEST: Final[TypeAdapter[UserManifest | WorkflowManifest]] = TypeAdapter(AnyManifest)
