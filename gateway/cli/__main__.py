"""Lets ``python -m gateway.cli`` be the command, so that a child runs with the interpreter of its parent."""

from gateway.cli.main import main

main(prog_name="gateway")
