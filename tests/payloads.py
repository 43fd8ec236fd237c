"""Texts that become scripts wherever a page forgets to escape."""

from __future__ import annotations

from itertools import product

OPENINGS = ("", '">', "'>", "</script>", "</title>", "</style>", "-->", "]]>", "</textarea>", "</option></select>")
BODIES = (
    "<script>{act}</script>", "<img src=x onerror={act}>", "<svg onload={act}>", "<video src=x onerror={act}>", "<body onload={act}>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>", "<a href='javascript:{act}' autofocus onfocus={act}>x</a>",
    "<details open ontoggle={act}>", "<input autofocus onfocus={act}>", "<style>@import 'http://example.invalid/x'</style>",
    "<link rel=stylesheet href=http://example.invalid/x>", "<meta http-equiv=refresh content='0;url=http://example.invalid'>",
    "<base href=http://example.invalid/>", "<object data=http://example.invalid/x></object>", "'-{act}-'\"-{act}-\"",
    "{{{{constructor.constructor('{act}')()}}}}{{% {act} %}}", "&lt;script&gt;{act}&lt;/script&gt;\\u003cscript>{act}\\u003c/script>",
)  # fmt: skip
ACTS = (
    "window.hit=1",
    "alert(1)",
    "self['hit']=1",
    "fetch('http://example.invalid')",
    "(hit=1)",
    "\u2028window.hit=1\u2028",
)
# what none of our pages contains
FOREIGN = "script:not([src]):not([type='application/json']), iframe, object, video, base, meta[http-equiv=refresh], [href*='example.invalid']"


def payloads(count: int) -> list[str]:
    """Take `count` of about a thousand, spread over all kinds."""
    everything = [f"{opening}{body.format(act=act)}" for act, opening, body in product(ACTS, OPENINGS, BODIES)]
    assert count <= len(everything)
    return [everything[n * len(everything) // count] for n in range(count)]
