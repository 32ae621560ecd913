"""Decodes brotli with libbrotlidec: Python's standard library cannot."""

import ctypes


def decompress(data, limit=1 << 26):
    library = ctypes.CDLL("libbrotlidec.so.1")
    library.BrotliDecoderDecompress.argtypes = [
        ctypes.c_size_t, ctypes.c_char_p, ctypes.POINTER(ctypes.c_size_t),
        ctypes.c_char_p]
    length = ctypes.c_size_t(limit)
    out = ctypes.create_string_buffer(limit)
    if library.BrotliDecoderDecompress(len(data), data, length, out) != 1:
        raise ValueError("not brotli: %r…" % data[:20])
    return out.raw[:length.value]
