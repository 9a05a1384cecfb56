"""The kernel's part of the wall: what Rasa may open, reach and start, whatever code it runs.

Landlock and a seccomp filter, which any process may lay on itself and none can take off. An older
kernel knows less of Landlock (all of it: Linux 6.12), and then the log says so.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH, _NET_PORT = 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = (1 << bit for bit in (0, 1, 2, 3, 14))
# Removing and making files and folders, by whatever kind.
_CHANGE_DIR = sum(1 << bit for bit in range(4, 13))
_READ = _READ_FILE | _READ_DIR
_WRITE = _WRITE_FILE | _CHANGE_DIR
_BIND, _CONNECT = 1, 2
_OUTSIDE_SOCKETS_AND_SIGNALS = 3
# The first of Landlock's versions that knows it.
_KNOWS_TRUNCATE, _KNOWS_PORTS, _KNOWS_SCOPES = 3, 4, 6

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
# By machine: what the kernel calls it, and the numbers of `socket` and `io_uring_setup`.
_MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1
_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_INET, _INET6, _STREAM = 2, 10, 1

_libc = ctypes.CDLL(None, use_errno=True)


def close(
    reads: Iterable[str],
    lists: Iterable[str],
    writes: Iterable[str],
    bind: int,
    connect: Iterable[int],
) -> None:
    """From here on this process opens only these, and starts no program.

    Of ``reads`` all is read, of ``lists`` only the names, and ``writes`` are both read and written;
    ``bind`` is the TCP port to listen at, ``connect`` are those to connect to. Raises ``OSError``
    where the kernel knows how but does not.
    """
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _filter_sockets()
    known = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    if known < _KNOWS_SCOPES:
        print(f"quarantine: of Landlock's {_KNOWS_SCOPES} parts this kernel has {max(known, 0)}",
              file=sys.stderr)  # fmt: skip
    if known < 1:
        return
    write = _WRITE | (_TRUNCATE if known >= _KNOWS_TRUNCATE else 0)
    rules = _ruleset(known, _EXECUTE | _READ | write)
    for paths, rights in ((reads, _READ), (lists, _READ_DIR), (writes, _READ | write)):
        for path in paths:
            _allow_path(rules, path, rights)
    if known >= _KNOWS_PORTS:
        _allow_port(rules, bind, _BIND)
        for port in connect:
            _allow_port(rules, port, _CONNECT)
    _done(_libc.syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _ruleset(known: int, files: int) -> int:
    net = _BIND | _CONNECT if known >= _KNOWS_PORTS else 0
    scopes = _OUTSIDE_SOCKETS_AND_SIGNALS if known >= _KNOWS_SCOPES else 0
    asked = struct.pack("=QQQ", files, net, scopes)
    size = 24 if known >= _KNOWS_SCOPES else 16 if known >= _KNOWS_PORTS else 8
    return _done(_libc.syscall(_CREATE_RULESET, asked, size, 0))


def _allow_path(rules: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
    _done(_libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, opened), 0))
    os.close(opened)


def _allow_port(rules: int, port: int, rights: int) -> None:
    _done(_libc.syscall(_ADD_RULE, rules, _NET_PORT, struct.pack("=QQ", rights, port), 0))


def _filter_sockets() -> None:
    """TCP only: no datagram, which asks for names, no socket of another program that lies in a
    folder, and no ring, which would go round this filter.
    """
    machine = _MACHINES.get(platform.machine())
    if not machine:
        print("quarantine: no filter is known for this machine's sockets", file=sys.stderr)
        return
    architecture, socket, ring = machine
    # Jumps count the steps they leave out: where it holds, and where not.
    steps = [
        (_LOAD, 0, 0, 4), (_EQUAL, 0, 11, architecture),
        (_LOAD, 0, 0, 0), (_AT_LEAST, 9, 0, 0x40000000), (_EQUAL, 8, 0, ring),
        (_EQUAL, 0, 6, socket),
        (_LOAD, 0, 0, 16), (_EQUAL, 1, 0, _INET), (_EQUAL, 0, 4, _INET6),
        (_LOAD, 0, 0, 24), (_AND, 0, 0, 0xF), (_EQUAL, 0, 1, _STREAM),
        (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE),
    ]  # fmt: skip
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(code)
    program = struct.pack("@HP", len(steps), ctypes.addressof(kept))
    _done(_libc.prctl(_PR_SET_SECCOMP, _FILTER, program, 0, 0))


def _done(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
