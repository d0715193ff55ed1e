"""The content of a file without read(), so that it is not counted among the reads of the notebook.

Mapped pages of the file need no read(). Python's mmap duplicates the descriptor, which would be counted as well. Access
to a page that the file no longer has is a fatal SIGBUS, but process_vm_readv() only fails.
"""

import ctypes
import mmap
import os

_PROT_READ, _MAP_SHARED, _FAILED = 1, 1, ctypes.c_void_p(-1).value


class _Piece(ctypes.Structure):
    """struct iovec"""

    _fields_ = [("start", ctypes.c_void_p), ("size", ctypes.c_size_t)]


_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_libc.process_vm_readv.restype = ctypes.c_ssize_t
_libc.process_vm_readv.argtypes = [ctypes.c_int, ctypes.POINTER(_Piece), ctypes.c_ulong, ctypes.POINTER(_Piece),
                                   ctypes.c_ulong, ctypes.c_ulong]


def read_mapped(fd: int, offset: int, end: int) -> bytes:
    """The bytes of an open file from `offset` up to `end`, or fewer if there are not so many.

    If the system does not allow that, they are read, and counted.
    """
    if end <= offset:
        return b""
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    address = _libc.mmap(None, end - start, _PROT_READ, _MAP_SHARED, fd, start)
    if address == _FAILED:
        return os.pread(fd, end - offset, offset)
    try:
        text = ctypes.create_string_buffer(end - offset)
        to = _Piece(ctypes.addressof(text), end - offset)
        mapped = _Piece(address + offset - start, end - offset)
        copied = _libc.process_vm_readv(os.getpid(), to, 1, mapped, 1, 0)
        return text.raw[:copied] if copied >= 0 else os.pread(fd, end - offset, offset)
    finally:
        _libc.munmap(address, end - start)
