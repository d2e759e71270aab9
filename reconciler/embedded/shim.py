"""What stands between the daemon and a server: sets the process up, then becomes the server.

Run as `python -I -S shim.py PARENT FOOTING DEATH_SIGNAL FOLDER PROGRAM ARGUMENT…`, in a process of its own,
since none of this may be done between the fork and the exec of a process with threads. It imports nothing of
this package, and as little as it can: it runs at every start.

The order matters. Changing credentials or the user namespace clears the parent-death signal, so that comes
last; and whether the parent is still there is asked after it, since a parent that died before sends nothing.
"""

import ctypes
import os
import signal
import sys

NOBODY = 65534

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    """Write without Python's files: their codecs may lie where we may not read any more."""
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def _map_to_nobody() -> None:
    """Be called 65534 inside a user namespace, and stay what we are outside: PostgreSQL refuses uid 0."""
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{NOBODY} {uid} 1")
    _write("/proc/self/gid_map", f"{NOBODY} {gid} 1")


def _become_nobody() -> None:
    """Be 65534 altogether, and keep the right to pass through root's private folders (capabilities(7))."""
    os.setgroups([])
    _call("prctl", _PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    mask = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable; then the same for those above 31, of which none is kept.
    _call("capset", header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
    _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def main(arguments: list[str]) -> None:
    """Take the footing that was asked for, tie our life to the parent's, and become the program."""
    parent, footing, death_signal, folder, *program = arguments
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.umask(0o077)
    if footing == "mapped":
        _map_to_nobody()
    elif footing == "nobody":
        _become_nobody()
    os.chdir(folder)
    _call("prctl", _PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        os._exit(1)
    os.execv(program[0], program)  # noqa: S606 - there is no shell here on purpose


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"cannot start {sys.argv[5]}: {error}")
