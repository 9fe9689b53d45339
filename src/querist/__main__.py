"""``python -m querist`` and the command ``querist``."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from querist.cli import main as command_line

    command_line(prog_name="querist")


if __name__ == "__main__":
    main()
