"""Which controls of a page have no name for whoever cannot see it."""

from __future__ import annotations

from html.parser import HTMLParser

CONTROLS = ("input", "select", "textarea")
# what a label can belong to: the first of these in it has its name, and no other
LABELABLE = (*CONTROLS, "button", "meter", "output", "progress")


class _Controls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.count, self._in_label, self._taken = 0, False, False
        self.named_for: set[str] = set()
        self.unnamed: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "label":
            self._in_label, self._taken = "for" not in said, False
            self.named_for |= {said["for"]} if "for" in said else set()
        elif tag in LABELABLE and said.get("type") != "hidden":
            named = (self._in_label and not self._taken) or said.get("aria-label") or said.get("aria-labelledby")
            self._taken = True
            if tag in CONTROLS:
                self.count += 1
                if not named:
                    self.unnamed.append({"tag": tag, **said})

    def handle_endtag(self, tag: str) -> None:
        self._in_label = self._in_label and tag != "label"


def controls_without_a_name(page: str, *, least: int) -> list[dict[str, str]]:
    """List the controls of a page, of which there are at least so many, that have neither a label of their own nor words."""
    found = _Controls()
    found.feed(page)
    assert found.count >= least, found.count
    return [said for said in found.unnamed if said.get("id") not in found.named_for]
