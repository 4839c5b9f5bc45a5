"""A report as one HTML file: headings, paragraphs, tables and charts, without scripts or anything from outside."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body{font:15px/1.55 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:62rem;
margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid #ddd}
table{border-collapse:collapse;margin:.8rem 0}th,td{padding:.25rem .7rem;border-bottom:1px solid #e5e7eb;text-align:right}
th:first-child,td:first-child{text-align:left}th{font-weight:600}svg{max-width:46rem;width:100%;height:auto}
.met{color:#15803d}.missed{color:#b91c1c}code{background:#f3f4f6;padding:0 .2rem}
"""


def page(title: str, parts: Iterable[str], language: str = "en") -> str:
    """The file. `parts` come from the functions below, in order."""
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def figure(svg: str, caption: str) -> str:
    """A chart of weisu/evaluation/plot.py with what it shows."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Cells are text; a number is written as it prints, None as a dash, True and False as met and not met."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The same for a page of docs/."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(plain(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def plain(cell: object) -> str:
    """A cell as text."""
    if cell is None:
        return "—"
    if isinstance(cell, bool):
        return "met" if cell else "not met"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _cell(cell: object) -> str:
    if isinstance(cell, bool):
        return f'<span class="{"met" if cell else "missed"}">{plain(cell)}</span>'
    return escape(plain(cell))
