"""Runs the command as ``python -m gateway.cli``, so that child processes use their parent's interpreter."""

from gateway.cli.main import main

main(prog_name="gateway")
