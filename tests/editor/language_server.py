"""yaml-language-server over stdio: as much of the Language Server Protocol as a test needs of an editor."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, Final

PATIENCE: Final = 30.0
_HEADER_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a text, as the protocol has it: both from 0."""

    line: int
    character: int

    @classmethod
    def after(cls, text: str, mark: str) -> Cursor:
        """Give the place behind the first occurrence of a mark."""
        before = text[: text.index(mark) + len(mark)]
        return cls(before.count("\n"), len(before) - before.rfind("\n") - 1)

    def told(self) -> dict[str, int]:
        """Give it as the protocol has it."""
        return {"line": self.line, "character": self.character}


@dataclass(slots=True)
class Editor:
    """One open folder; each document is opened under a name of its own."""

    server: subprocess.Popen[bytes]
    folder: Path
    settings: Mapping[str, Any]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _came: deque[dict[str, Any]] = field(default_factory=deque)
    _bytes: bytes = b""

    def open(self, name: str, text: str) -> str:
        """Open a document that is on no disk, and give its address."""
        uri = (self.folder / name).as_uri()
        language = "json" if name.endswith(".json") else "yaml"
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def mistakes(self, name: str, text: str) -> list[dict[str, Any]]:
        """Open a document, and give what the server marks in it."""
        uri = self.open(name, text)
        self._came.clear()
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                return found

    def completions(self, name: str, text: str, cursor: Cursor) -> dict[str, dict[str, Any]]:
        """Open a document, and give what is offered at a place, by what is shown for it."""
        answer = self._ask_at("textDocument/completion", name, text, cursor)
        items = answer["items"] if isinstance(answer, dict) else answer
        return {item["label"].strip(): item for item in items}

    def hover(self, name: str, text: str, cursor: Cursor) -> str:
        """Open a document, and give what is shown for a place, in Markdown."""
        answer = self._ask_at("textDocument/hover", name, text, cursor)
        contents = answer["contents"] if answer else ""
        return contents if isinstance(contents, str) else str(contents["value"])

    def _ask_at(self, method: str, name: str, text: str, cursor: Cursor) -> Any:  # noqa: ANN401 - as the method has it
        uri = self.open(name, text)
        return self.ask(method, {"textDocument": {"uri": uri}, "position": cursor.told()})

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as the method has it
        """Ask, and wait for the answer."""
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message["error"]
                return message.get("result")

    def _tell(self, method: str, params: Mapping[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.server.stdin is not None
        self.server.stdin.write(b"Content-Length: %d%s%s" % (len(body), _HEADER_END, body))
        self.server.stdin.flush()

    def _next(self) -> dict[str, Any]:
        """Give the next message; what the server asks of an editor is answered on the way."""
        message = self._receive(monotonic() + PATIENCE)
        if "method" in message and "id" in message:
            self._send({"id": message["id"], "result": self._answer(message)})
        return message

    def _answer(self, message: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as the method has it
        if message["method"] != "workspace/configuration":
            return None
        return [self.settings.get(item.get("section"), {}) for item in message["params"]["items"]]

    def _receive(self, deadline: float) -> dict[str, Any]:
        while _HEADER_END not in self._bytes:
            self._read(deadline)
        head, _, rest = self._bytes.partition(_HEADER_END)
        length = int(head.rpartition(b"Content-Length: ")[2].split(b"\r\n")[0])
        self._bytes = rest
        while len(self._bytes) < length:
            self._read(deadline)
        body, self._bytes = self._bytes[:length], self._bytes[length:]
        message: dict[str, Any] = json.loads(body)
        return message

    def _read(self, deadline: float) -> None:
        assert self.server.stdout is not None
        ready, _, _ = select.select([self.server.stdout], [], [], max(0.0, deadline - monotonic()))
        assert ready, f"the language server says nothing for {PATIENCE:g} s"
        piece = os.read(self.server.stdout.fileno(), 1 << 16)
        assert piece, "the language server has ended"
        self._bytes += piece

    def begin(self) -> None:
        """Introduce the editor and its settings."""
        capabilities = {
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
            "textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "completion": {
                    "completionItem": {"documentationFormat": ["markdown"], "snippetSupport": True}
                },
                "publishDiagnostics": {},
            },
        }
        root = {"uri": self.folder.as_uri(), "name": self.folder.name}
        self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root["uri"],
                "workspaceFolders": [root],
                "capabilities": capabilities,
            },
        )
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": self.settings})


@contextmanager
def editing(program: list[str], folder: Path, settings: Mapping[str, Any]) -> Iterator[Editor]:
    """Lend an editor with a language server of its own."""
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
    ) as server:
        try:
            editor = Editor(server, folder, settings)
            editor.begin()
            yield editor
        finally:
            server.kill()
