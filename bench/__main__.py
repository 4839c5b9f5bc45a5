"""Runs every measurement and prints one table: `python -m bench`, or `python -m bench replay problems`."""

import sys
from importlib import import_module

from rich.console import Console
from rich.table import Table

BENCHES = ("replay", "problems", "live", "indexing")


def main(chosen: list[str]) -> None:
    """Raises SystemExit with 2 for a name that is none."""
    if strange := [name for name in chosen if name not in BENCHES]:
        sys.stderr.write(f"no bench is called {strange[0]}; there are: {', '.join(BENCHES)}\n")
        raise SystemExit(2)
    table = Table("bench", "figure", "value", "unit")
    table.columns[2].justify = "right"
    for name in chosen or BENCHES:
        for told, value, unit in import_module(f"bench.{name}").main():
            table.add_row(name, told, f"{value:,.2f}", unit)
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
