"""`spotrec serve`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import starting

EXAMPLES = f"""
\b
Examples:
  spotrec serve
  spotrec serve --port 9000 --allow-crawl
  spotrec serve --host 0.0.0.0 --allow-host music.lan --workers 4
\b
  curl 'http://127.0.0.1:8765/v1/recommendations?track=so+what&limit=5'
\b
It listens on this machine only. Any other address needs a token, which
clients send: set `server_token` (SPOTREC_SERVER_TOKEN), or give --no-auth.
It needs FastAPI and uvicorn:
{options.install_lines("serve")}
\b
Exit codes: 0 stopped by SIGTERM, 1 the address is in use, 2 usage,
130 interrupted.
"""


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.", metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any free one.", metavar="N")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            help="The token that clients send; other users of this machine may see it here: better set "
            "SPOTREC_SERVER_TOKEN.",
            metavar="TEXT",
            show_default=False,
        ),
    ] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Answer everyone, at any address.")] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Another name of this server. Repeatable.", metavar="NAME", show_default=False),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="A web site whose pages may use the API: https://… Repeatable.", metavar="ORIGIN", show_default=False
        ),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch/--no-fetch", help="Fetch and hear a track that is not stored, to answer a query.")
    ] = True,
    allow_crawl: Annotated[bool, typer.Option("--allow-crawl", help="Let clients queue links to crawl.")] = False,
    allow_playlists: Annotated[
        bool,
        typer.Option("--allow-playlists", help="Let clients make playlists with your accounts."),
    ] = False,
    taste: Annotated[bool, typer.Option("--taste/--no-taste", help="Let clients like, dislike and ban.")] = True,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second of one client, on average; 0 for no limit.", metavar="N")
    ] = 50.0,
    max_upload_mb: Annotated[
        int, typer.Option(min=1, max=1000, help="Largest uploaded clip, in MB.", metavar="N")
    ] = 50,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of processes.", metavar="N")] = 1,
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
) -> None:
    """Answer over HTTP, with a page to search and listen."""
    starting.begin()
    from spotrec.cli.show.console import note
    from spotrec.serve.options import ServeOptions
    from spotrec.serve.safety.hosts import named_host
    from spotrec.serve.safety.origins import named_origin
    from spotrec.serve.server import address_of, bind, check_access, need_fastapi, run
    from spotrec.settings import resolve

    need_fastapi()
    flags = {"model": model, "weights": weights, "store": store, "cache": cache, "index_dir": index_dir}
    settings = resolve(flags, config=config)
    wanted = ServeOptions(
        host=host,
        port=port,
        token=token or settings.server_token or "",
        user=settings.server_user,
        hosts=tuple(map(named_host, allow_host or ())),
        origins=tuple(map(named_origin, allow_origin or ())),
        fetch=fetch,
        crawl=allow_crawl,
        playlists=allow_playlists,
        taste=taste,
        rate=rate,
        max_upload_mb=max_upload_mb,
        workers=workers,
    )
    check_access(wanted, no_auth=no_auth)
    with bind(wanted) as listener:
        note(f"listening at {address_of(listener)} (Ctrl-C to stop)")
        run(listener, {"config": config, **flags}, wanted)
