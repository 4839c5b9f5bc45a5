"""The front door of Weisu 未诉. Checks that its sibling packages are its own before anything else is imported."""

from importlib.util import find_spec
from pathlib import Path

__version__ = "0.1.0"


def _refuse_strangers() -> None:
    """Other distributions use the import names `agents` or `streams` too; ours must be the neighbours of this file."""
    home = Path(__file__).resolve().parent.parent
    for name in ("agents", "streams", "indexing", "prompts"):
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if origin is None or origin.parent != home / name:
            raise ImportError(
                f"Weisu's package '{name}' is expected at {home / name} but Python finds {origin}. "
                "Another installed distribution uses the same name: give Weisu an environment of its own."
            )


_refuse_strangers()
