"""What shells are told when somebody presses Tab, where click's own way falls short."""

from __future__ import annotations

import os
import re
from typing import Any, ClassVar, Final

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

_BASH: Final = r"""%(complete_func)s() {
    local IFS=$'\n' kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_SPECIAL: Final = re.compile(r"[^\w@%+=,./-]")
"""What bash would take for something else than a letter of a word."""


class _Bash(BashComplete):
    """Bash, which puts a word on the line as it is given: names with blanks have to be escaped for it."""

    source_template: ClassVar[str] = _BASH

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Write a word such that it is read as one, also where a quotation mark was typed in front of it."""
        words = os.environ["COMP_WORDS"].split("\n")
        typed = "".join(words[int(os.environ["COMP_CWORD"]) :])
        value = item.value if typed.startswith(("'", '"')) else _SPECIAL.sub(r"\\\g<0>", item.value)
        return f"{item.type},{value}"


def prepare() -> None:
    """Have click know our ways."""
    add_completion_class(_Bash)
