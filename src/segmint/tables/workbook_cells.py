"""What a workbook's reader leaves out of its cells: errors, formulas never calculated, what is merged, leading zeros."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

_LOSABLE = re.compile(rb'\st="e"|<(?:\w+:)?f[\s>/]')
_CELL = re.compile(
    rb"<(?:\w+:)?c\s(?P<attributes>[^<>]*)>"
    rb"\s*(?P<formula><(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>))?"
    rb"\s*(?:<(?:\w+:)?v\b[^<>/]*>(?P<value>[^<]*)<)?"
)
_STYLES = "xl/styles.xml"
_CELL_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_ZEROS = re.compile(r"(?:\[\$-\w+\])?(0{2,})(?:;.*)?")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*("[^"<]*"|'[^'<]*')""")


def sheet_xml(path: Path, sheet: str) -> bytes:
    """Read the part of a workbook that holds a sheet."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(_member(archive, sheet))


def lost_cells(xml: bytes) -> Iterator[tuple[str, str | None]]:
    """Find the cells of a sheet that hold an error, such as ``#N/A``, or a formula without its value.

    Yields
    ------
    reference : str
        Such as ``B2``; empty where the file does not say it.
    error : str or None
        None for a formula without its value.
    """
    if not _LOSABLE.search(xml):
        return
    for cell in _CELL.finditer(xml):
        attributes = _attributes(cell["attributes"])
        kind, value = attributes.get("t"), cell["value"]
        if kind == "e" and value:
            yield attributes.get("r", ""), value.decode("utf-8")
        # a text of no characters is a value, too
        elif cell["formula"] and not value and (kind != "str" or value is None):
            yield attributes.get("r", ""), None


def merged_ranges(xml: bytes) -> Iterator[str]:
    """Find the merged cells of a sheet, such as ``B2:B7``; the first cell of each alone holds the value."""
    return (merged["ref"] for merged in _tags(xml, b"mergeCell") if "ref" in merged)


def padded_cells(path: Path, xml: bytes) -> Iterator[tuple[str, int]]:
    """Find the cells of a sheet whose format, such as ``00000``, shows leading zeros: a code was typed and is kept as a number.

    Yields
    ------
    reference : str
        Such as ``B2``; empty where the file does not say it.
    width : int
        How many digits are shown at least.
    """
    if widths := _padded_styles(path):
        styles = "|".join(widths).encode()
        for cell in re.finditer(
            rb"""<(?:\w+:)?c\s(?P<attributes>[^<>]*?\bs\s*=\s*["'](?:%b)["'][^<>]*)>""" % styles, xml
        ):
            attributes = _attributes(cell["attributes"])
            yield attributes.get("r", ""), widths[attributes["s"]]


def _padded_styles(path: Path) -> dict[str, int]:
    """Say by the number of a style how many digits it shows at least, of those with a format of zeros only."""
    with zipfile.ZipFile(path) as archive:
        xml = archive.read(_STYLES) if _STYLES in archive.namelist() else b""
    codes = {tag.get("numFmtId"): _ZEROS.fullmatch(tag.get("formatCode", "")) for tag in _tags(xml, b"numFmt")}
    styles = _CELL_STYLES.search(xml)
    used = [codes.get(tag.get("numFmtId")) for tag in _tags(styles[0], b"xf")] if styles else []
    return {str(number): len(zeros[1]) for number, zeros in enumerate(used) if zeros}


def _member(archive: zipfile.ZipFile, sheet: str) -> str:
    """Name the part of the archive that holds a sheet."""
    links = _tags(archive.read("xl/_rels/workbook.xml.rels"), b"Relationship")
    targets = {link.get("Id"): link.get("Target", "").removeprefix("/").removeprefix("xl/") for link in links}
    for entry in _tags(archive.read("xl/workbook.xml"), b"sheet"):
        if entry.get("name") == sheet:
            (link,) = (value for key, value in entry.items() if key.endswith(":id"))
            return f"xl/{targets[link]}"
    raise LookupError(sheet)


def _tags(xml: bytes, tag: bytes) -> Iterator[dict[str, str]]:
    """Read the attributes of every element of one name; no XML parser, because those can be attacked."""
    return (_attributes(found) for found in re.findall(rb"<(?:\w+:)?" + tag + rb"\s([^<]*)", xml))


def _attributes(text: bytes) -> dict[str, str]:
    return {name: html.unescape(value[1:-1]) for name, value in _ATTRIBUTE.findall(text.decode("utf-8"))}
