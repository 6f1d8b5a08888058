"""Runs the linter of imports as a module, so that it looks at the folder it stands in."""

from importlinter.cli import lint_imports_command

if __name__ == "__main__":
    lint_imports_command()
