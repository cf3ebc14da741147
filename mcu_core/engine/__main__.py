"""`python -m mcu_core.engine`."""

from mcu_core.engine.process import main

main()
