"""Runs a command with `unshare` refused by a seccomp filter, as root finds it in many a container."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

_UNSHARE = {"x86_64": 272, "aarch64": 97}
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # seccomp(2): instructions of classic BPF
_ALLOW, _REFUSE_WITH_EPERM = 0x7FFF0000, 0x00050001


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("operand", ctypes.c_uint32),
    )


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def main(command: list[str]) -> None:
    """Install the filter, and become the command."""
    program = (_Instruction * 4)(
        _Instruction(_LOAD, 0, 0, 0),
        _Instruction(_JUMP_IF_EQUAL, 0, 1, _UNSHARE[platform.machine()]),
        _Instruction(_RETURN, 0, 0, _REFUSE_WITH_EPERM),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    )
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Filter(4, program)), 0, 0) == 0
    os.execv(command[0], command)  # noqa: S606 - there is no shell here on purpose


if __name__ == "__main__":
    main(sys.argv[1:])
