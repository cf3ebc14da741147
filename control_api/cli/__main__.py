"""`python -m control_api.cli`: the same as `mcu`."""

from control_api.cli.main import main

main()
