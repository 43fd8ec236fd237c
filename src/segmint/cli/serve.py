"""Commands that open the HTTP service, and its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from segmint.cli.options import RUNS, AsJson, Runs, Standing
from segmint.cli.screen import Screen

app = typer.Typer()
keys_app = typer.Typer(no_args_is_help=True, help="Keys of the HTTP service: who may ask what, and until when.")
app.add_typer(keys_app, name="keys")

KeysFile = Annotated[Path, typer.Option("--keys", help="The file of keys.")]
KEYS, SCOPES = Path("keys.toml"), "read,predict"


@app.command()
def serve(
    runs: Runs = RUNS,
    bundle: Annotated[str, typer.Option("--bundle", help="A run, a bundle's folder, or PROMOTED.")] = "PROMOTED",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    keys: Annotated[Path | None, typer.Option("--keys", help="The file of keys; needed beyond this machine.")] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A host name under which it may be asked. Repeatable.")
    ] = None,
    policy: Standing = None,
) -> None:
    """Answer over HTTP and show the dashboard until Ctrl-C, in one process with the same keys."""
    from segmint.errors import require

    require("starlette", "uvicorn", "prometheus_client")
    from segmint.service.start import start

    def pages(api: Any, service: Any) -> tuple[Any, str]:
        return _with_pages(api, service, runs, one_time=keys is None)

    start(bundle, runs, host=host, port=port, keys=keys, names=name or (), policy=policy, pages=pages, say=typer.echo)


def _with_pages(api: Any, service: Any, runs: Path, *, one_time: bool) -> tuple[Any, str]:
    """Put the dashboard beside the service; its keys sign in, and its bundle is the one of the pages."""
    from segmint.dashboard.app import beside, dashboard
    from segmint.dashboard.desk import Desk
    from segmint.dashboard.sign_in import Doorkeeper
    from segmint.service.app import WAYS

    keeper = Doorkeeper(service.keys)
    if not one_time:
        keeper.code = None
    desk = Desk(
        runs,
        keeper=keeper,
        standing=service.standing,
        served=service.champion,
        lists=service.lists,
        workers=service.pages,
        children=service.children,
    )
    service.closers.append(desk.jobs.stop)
    app = beside(api, dashboard(desk, hosts=service.hosts), api_paths=frozenset(way.path for way in WAYS))
    return app, f"/sign-in?code={keeper.code}  (works once)" if one_time else "/sign-in"


@keys_app.command("add")
def keys_add(
    name: Annotated[str, typer.Argument(help="Whose key it is.", show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="Of read, predict, target; with commas. Repeatable.", show_default=SCOPES),
    ] = None,
    days: Annotated[int, typer.Option(help="Calendar days until it ends.")] = 365,
    keys: KeysFile = KEYS,
) -> None:
    """Make a key and print it once; only its hash is stored."""
    from segmint.service.keys import add_key, id_of

    parts = (part.strip() for text in scope or [SCOPES] for part in text.split(","))
    scopes = list(dict.fromkeys(part for part in parts if part))
    text = add_key(keys, name, scopes, days=days)
    typer.echo(text)
    kept = f"kept as a hash in {keys} with the id {id_of(text)} and the scopes {', '.join(scopes)}"
    typer.echo(f"{kept}; this is the only time it is shown", err=True)


@keys_app.command("list")
def keys_list(keys: KeysFile = KEYS, json: AsJson = False) -> None:
    """List keys by id, name, scopes and end; one that has ended is marked."""
    from segmint.service.keys import read_keys

    rows: list[dict[str, Any]] = [
        {
            "id": key.id,
            "name": key.name,
            "scopes": sorted(key.scopes),
            "expires": key.expires.isoformat(),
            "ended": key.has_ended,
        }
        for key in read_keys(keys)
    ]
    lines = [
        f"{row['id']}  {row['name']}  {','.join(row['scopes'])}  {'ended' if row['ended'] else 'until'} {row['expires']}"
        for row in rows
    ]
    Screen(json=json).say({"keys": rows}, *(lines or [f"no keys in {keys}; make one: segmint keys add NAME"]))


@keys_app.command("revoke")
def keys_revoke(
    name: Annotated[str, typer.Argument(help="Whose key.", show_default=False)],
    key: Annotated[
        str | None, typer.Option("--id", help="Only the key with this id; left out, all of the name.")
    ] = None,
    keys: KeysFile = KEYS,
) -> None:
    """Take one key of a name away, or every one; a running service forgets it within a second."""
    from segmint.service.keys import revoke_keys

    typer.echo(f"{revoke_keys(keys, name, key)} taken away")
