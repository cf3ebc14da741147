"""`mcu`: the one command, with a word for each thing it does."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from mcu_core.errors import McuError

app = typer.Typer(
    name="mcu",
    help="Multipoint control unit for hospital tele-consultation: "
    "one composed picture and one N-1 sound for every site, recorded and controlled.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

OWN_WORDS = {"run", "engine", "recorder", "control"}
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def run(
    data: Annotated[Path, typer.Option(help="Folder for database, recordings, sockets")] = Path(
        "var"
    ),
    listen: Annotated[
        str, typer.Option(help="HOST:PORT of API and pages; 0.0.0.0:8080 opens it to the network")
    ] = "127.0.0.1:8080",
    engines: Annotated[int, typer.Option(help="Media engine processes")] = 1,
    demo: Annotated[bool, typer.Option(help="A demo conference of four sites")] = True,
    advertise: Annotated[str, typer.Option(help="Media address told to sites behind a NAT")] = "",
    network: Annotated[
        list[str] | None,
        typer.Option(
            help="A network of media: bind=ADDRESS[,advertise=ADDRESS][,for=NETWORK]...; once for "
            "each; instead of --listen's address and --advertise"
        ),
    ] = None,
    ports: Annotated[
        str,
        typer.Option(help="UDP ports for all media, FIRST-LAST; two are enough; 0-0: any"),
    ] = "0-0",
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error")] = "info",
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate: serve HTTPS")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM key of the certificate")] = None,
    preset: Annotated[
        str, typer.Option(help="Of the video encoders: ultrafast (least work) to medium (best)")
    ] = "",
    cores: Annotated[
        float, typer.Option(help="How much of the machine conferences may take; 0: all")
    ] = 0.0,
    follow: Annotated[
        str,
        typer.Option(
            help="Who may take the place of a plain RTP sender that is silent: its host, the host "
            "named by its SDP, anybody"
        ),
    ] = "host",
) -> None:
    """Run the whole system: engines, recorder, control API and console."""
    from control_api.cli.run import RunOptions, run  # each word loads only its own

    run(
        RunOptions(
            data,
            listen,
            engines,
            demo,
            advertise,
            tuple(network or ()),
            ports,
            log_level,
            tls_cert,
            tls_key,
            preset,
            cores,
            follow,
        )
    )


@app.command(context_settings=PASS_ON)
def engine(context: typer.Context) -> None:
    """Run one media engine process alone (see mcu engine --help)."""
    from mcu_core.engine.process import main

    main(context.args)


@app.command(context_settings=PASS_ON)
def recorder(context: typer.Context) -> None:
    """Run the recorder process alone (see mcu recorder --help)."""
    from recorder.main import main

    main(context.args)


@app.command(context_settings=PASS_ON)
def control(context: typer.Context) -> None:
    """Run control API and console alone (see mcu control --help)."""
    from control_api.__main__ import main

    main(context.args)


WORDS = {
    "mix": "control_api.cli.mix:mix_files",
    "layouts": "control_api.cli.layouts:show_layouts",
    "doctor": "control_api.cli.doctor:examine",
    "bench": "control_api.cli.bench_network:bench",
    "backup": "control_api.cli.backup:backup",
    "restore": "control_api.cli.backup:restore",
    "migrate": "control_api.cli.migrate:migrate",
}
"""Words that live in files of their own, loaded only when one of them, or help, is asked for."""


def register(asked: str) -> None:
    """Add the words of WORDS to the command: only `asked` if it is one of them, else all."""
    wanted = {asked: WORDS[asked]} if asked in WORDS else WORDS
    for word, place in wanted.items():
        module, _, name = place.partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=word)
        else:
            app.command(word)(found)


def main() -> None:
    """Entry point: a refusal is one clear line and exit code 2."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked not in OWN_WORDS:
        register(asked)
    try:
        app()
    except McuError as error:
        typer.secho(f"mcu: {error}", fg="red", err=True)
        sys.exit(2)
