"""Decodes brotli with libbrotlidec: Python's standard library cannot."""

import ctypes
import functools

# enum BrotliDecoderResult of brotli/decode.h
SUCCESS, NEEDS_MORE_OUTPUT = 1, 3


@functools.lru_cache(maxsize=1)
def decoder():
    library = ctypes.CDLL("libbrotlidec.so.1")
    size = ctypes.POINTER(ctypes.c_size_t)
    library.BrotliDecoderCreateInstance.restype = ctypes.c_void_p
    library.BrotliDecoderCreateInstance.argtypes = [ctypes.c_void_p] * 3
    library.BrotliDecoderDestroyInstance.restype = None
    library.BrotliDecoderDestroyInstance.argtypes = [ctypes.c_void_p]
    library.BrotliDecoderDecompressStream.argtypes = [
        ctypes.c_void_p, size, ctypes.POINTER(ctypes.c_char_p), size,
        ctypes.c_void_p, size]
    library.BrotliDecoderTakeOutput.restype = ctypes.c_void_p
    library.BrotliDecoderTakeOutput.argtypes = [ctypes.c_void_p, size]
    return library


def decompress(data, limit=1 << 26):
    """Takes what the decoder has, piece by piece: a buffer for all that may
    come would be 64 MB to be zeroed for every page of a few kB."""
    library, parts, total = decoder(), [], 0
    left, place = ctypes.c_size_t(len(data)), ctypes.c_char_p(data)
    nothing, taken = ctypes.c_size_t(0), ctypes.c_size_t()
    state = library.BrotliDecoderCreateInstance(None, None, None)
    try:
        result = NEEDS_MORE_OUTPUT
        while result == NEEDS_MORE_OUTPUT and total <= limit:
            result = library.BrotliDecoderDecompressStream(
                state, left, place, nothing, None, None)
            taken.value = 0  # as much as there is
            part = library.BrotliDecoderTakeOutput(state, taken)
            parts.append(ctypes.string_at(part, taken.value))
            total += taken.value
    finally:
        library.BrotliDecoderDestroyInstance(state)
    if result != SUCCESS or left.value > 0 or total > limit:
        raise ValueError("not brotli, or too much: %r…" % data[:20])
    return b"".join(parts)
