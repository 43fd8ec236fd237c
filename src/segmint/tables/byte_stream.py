"""The bytes of a text table: decompressed within limits, in an encoding in which a line end is one ASCII byte."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO, cast

from segmint.errors import InputError
from segmint.tables.same_file import SameFile
from segmint.tables.text_records import ByteStream

GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
ARCHIVES = {GZIP: "gzip", ZSTD: "zstd", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is its beginning
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
HARMLESS_BYTES = 64 << 20
MAX_EXPANSION = 200
PIECE = 1 << 16
ZSTD_PIECE = 1 << 12


def compression_of(magic: bytes) -> str | None:
    """Name the compression that a file's first bytes tell of: "gzip", "zstd" or None."""
    return next((ARCHIVES[mark] for mark in (GZIP, ZSTD) if magic.startswith(mark)), None)


def archive_of(start: bytes) -> str | None:
    """Name the archive, or the compression, that a file begins as; None for what is neither."""
    return next((name for mark, name in ARCHIVES.items() if start.startswith(mark)), None)


def wide_encoding_of(start: bytes) -> str | None:
    """Name the UTF-16 or UTF-32 encoding that a text's first bytes tell of, or None."""
    for bom, name in BOMS.items():
        if start.startswith(bom):
            return name
    pairs = len(start) // 2
    even, odd = start[: 2 * pairs : 2].count(0), start[1 : 2 * pairs : 2].count(0)
    # in Western text without a mark every other byte is NUL
    if pairs >= 4 and odd > 0.4 * pairs and even < 0.02 * pairs:
        return "utf-16-le"
    if pairs >= 4 and even > 0.4 * pairs and odd < 0.02 * pairs:
        return "utf-16-be"
    return None


_ASCII = bytes(range(128))


def is_one_byte_ascii(encoding: str) -> bool:
    """Tell whether every ASCII character is its own single byte in `encoding`, line ends and quotes among them.

    Raises
    ------
    InputError
        If there is no such encoding.
    """
    try:
        _ASCII.decode(encoding, errors="replace")
        return _ASCII.decode().encode(encoding, errors="replace") == _ASCII
    except (LookupError, ValueError) as error:  # names like "idna" and "undefined" are no encodings of a text
        raise InputError(
            f"There is no encoding '{encoding}'.",
            expected="a name like utf-8, cp1252, latin-1, utf-16",
            fix="correct data.encoding",
        ) from error


@contextmanager
def open_bytes(table: SameFile, compression: str | None) -> Iterator[ByteStream]:
    """Open a file's bytes, decompressed.

    Raises
    ------
    InputError
        If the file is no longer what it was; while reading: if the compressed data are damaged, hold another archive,
        or expand beyond all measure.
    """
    with table.opened() as file:
        if compression is None:
            yield file
        else:
            yield _Expanding(_decompressor(file, compression), table, compression)


@contextmanager
def open_transcoded(
    opener: Callable[[], AbstractContextManager[ByteStream]], encoding: str, name: str
) -> Iterator[ByteStream]:
    """Open a text of any encoding as UTF-8 bytes.

    Raises
    ------
    InputError
        While reading: at a byte that does not belong to the encoding, by its offset.
    """
    with opener() as stream:
        yield _Transcoding(stream, encoding, name)


def _decompressor(file: BinaryIO, compression: str) -> ByteStream:
    if compression == "gzip":
        return cast(ByteStream, gzip.GzipFile(fileobj=file))
    return _ZstdReader(file)


class _Expanding:
    """Decompressed bytes, counted."""

    def __init__(self, stream: ByteStream, table: SameFile, compression: str) -> None:
        self._stream, self._name, self._compression = stream, table.name, compression
        self._limit = max(HARMLESS_BYTES, MAX_EXPANSION * table.size)
        self._read = 0

    def read(self, size: int = -1, /) -> bytes:
        first = self._read == 0
        try:
            data = self._stream.read(size)
        except (OSError, EOFError, zlib.error, _zstd_error()) as error:
            raise InputError(
                f"'{self._name}' is damaged: its {self._compression} data cannot be read.",
                expected="a complete file",
                fix="copy or compress it again",
            ) from error
        self._read += len(data)
        if first and archive_of(data) is not None:
            raise InputError(
                f"'{self._name}' holds an archive inside an archive.",
                expected="a compressed text table",
                fix="unpack it and name the table",
            )
        if self._read > self._limit:
            raise InputError(
                f"'{self._name}' expands to more than {MAX_EXPANSION} times its size.",
                expected="a compressed table; this looks like a decompression bomb",
                fix="if you trust it, unpack it yourself and name the unpacked file",
            )
        return data


class _Transcoding:
    """Text of another encoding as UTF-8 bytes."""

    def __init__(self, stream: ByteStream, encoding: str, name: str) -> None:
        self._stream, self._name, self._encoding = stream, name, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._offset, self._ready, self._ended = 0, b"", False

    def read(self, size: int = -1, /) -> bytes:
        while len(self._ready) < size and not self._ended:
            self._ready += self._more()
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _more(self) -> bytes:
        """Read on, and return nothing only at the end or in the middle of a character."""
        data = self._stream.read(PIECE)
        self._ended = not data
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(data, final=self._ended)
        except UnicodeError as error:
            position = self._offset - pending + getattr(error, "start", 0)
            raise InputError(
                f"'{self._name}' is no {self._encoding.upper()} text: byte {position:,} does not belong.",
                expected="text in one encoding",
                fix="export the table as UTF-8, or declare its encoding (data.encoding)",
            ) from error
        self._offset += len(data)
        return text.encode("utf-8", errors="surrogatepass")


class _ZstdReader:
    """Decompressed zstd frames; unlike the library's own reader it notices a frame that is cut off."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._ready, self._ended = file, b"", False
        self._frame = self._new_frame()

    def read(self, size: int = -1, /) -> bytes:
        while len(self._ready) < size and not self._ended:
            # four kilobytes can hold 170 megabytes, more than that no step should unfold
            data = self._file.read(ZSTD_PIECE)
            self._ended = not data
            if self._ended and not self._frame.eof:
                raise EOFError("the last frame is cut off")
            self._ready += self._unfold(data)
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _unfold(self, data: bytes) -> bytes:
        unfolded = b""
        while data:
            if self._frame.eof:
                self._frame = self._new_frame()
            unfolded += self._frame.decompress(data)
            data = self._frame.unused_data
        return unfolded

    @staticmethod
    def _new_frame() -> Any:
        import zstandard

        # a frame may ask for a window of gigabytes; 128 MiB is what the zstd tool grants
        return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()


def _zstd_error() -> type[Exception]:
    import zstandard

    return cast(type[Exception], zstandard.ZstdError)
