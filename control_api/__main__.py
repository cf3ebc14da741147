"""`python -m control_api`: the control process."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from mcu_core.observe.logs import LEVELS

WRONGLY_ASKED = 2
"""As argparse ends: another start would end alike."""

NOT_NOW = 3


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line of the control process."""
    parser = argparse.ArgumentParser(prog="mcu control", description="API and pages.")
    parser.add_argument("--data", type=Path, default=Path("var"), help="folder of all data")
    parser.add_argument("--listen", default="127.0.0.1:8080", help="HOST:PORT")
    parser.add_argument("--tls-cert", type=Path, default=None, help="PEM certificate for HTTPS")
    parser.add_argument("--tls-key", type=Path, default=None, help="PEM key of the certificate")
    parser.add_argument(
        "--engine", action="append", default=[], metavar="NAME=SOCKET", help="a media engine"
    )
    parser.add_argument("--recorder", type=Path, default=None, metavar="SOCKET")
    parser.add_argument("--demo", type=Path, default=None, help="folder with demo.json")
    parser.add_argument("--admin-password-file", type=Path, default=None)
    parser.add_argument("--log-level", default="info", choices=LEVELS)
    options = parser.parse_args(arguments)
    host, colon, port = options.listen.rpartition(":")
    if not colon or not port.isdecimal():
        parser.error("--listen: HOST:PORT")
    options.host, options.port = host.strip("[]") or "0.0.0.0", int(port)  # an empty host: all
    engines = [pair.partition("=") for pair in options.engine]
    if not all(name and path for name, _, path in engines):
        parser.error("--engine: NAME=SOCKET")
    options.engines = {name: Path(path) for name, _, path in engines}
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run the control process; returns when it was asked to end."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    # After the command line was read: --help need not wait for these.
    from control_api.main import serve
    from control_api.settings import read_settings, variable
    from mcu_core.errors import BadInput, McuError
    from mcu_core.observe.logs import set_up

    set_up("control", options.log_level)
    try:
        serve(
            read_settings(
                host=options.host,
                port=options.port,
                tls_cert=options.tls_cert,
                tls_key=options.tls_key,
                data=options.data,
                engines=options.engines,
                recorder=options.recorder,
                demo=options.demo,
                admin_password_file=options.admin_password_file,
            )
        )
    except BadInput as error:
        _end(f"{variable(error.field)}: expected {error.expected}", WRONGLY_ASKED)
    except McuError as error:  # such as a database that is away: the next start may find it
        _end(str(error), NOT_NOW)


def _end(reason: str, code: int) -> NoReturn:
    sys.stderr.write(f"mcu control: {reason}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
