"""Names of places that a district's tickets have taught: what no gazetteer has, the platform's fields name."""

from agents.problems.signature import Signature, normalise
from agents.problems.whereabouts import is_nickname

SHORTEST = 3
"""Characters of a name that is looked for in a text."""


class Names:
    """The names under which placed tickets of the search window are known, ready to be found in a text."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        """Name with its kind → number of tickets that have it for sure."""
        self._starts: dict[str, list[tuple[str, str]]] = {}
        """First two characters → (normal form, name with its kind), longest first."""

    def add(self, signature: Signature) -> None:
        if not signature.is_sure:
            return
        for name in signature.names:
            known = self._known.get(name, 0)
            self._known[name] = known + 1
            said = _said(name)
            if not known and len(said) >= 2:
                names = self._starts.setdefault(said[:2], [])
                names.append((said, name))
                names.sort(key=lambda pair: (-len(pair[0]), pair))

    def remove(self, signature: Signature) -> None:
        if not signature.is_sure:
            return
        for name in signature.names:
            self._known[name] -= 1
            if not self._known[name]:
                del self._known[name]
                said = _said(name)
                if len(said) >= 2:
                    self._starts[said[:2]].remove((said, name))
                    if not self._starts[said[:2]]:
                        del self._starts[said[:2]]

    def locate(self, signature: Signature) -> Signature:
        """With the first name that its words hold, unless its place is known already."""
        if signature.is_sure or not self._starts:
            return signature
        text = signature.text
        for at in range(len(text) - 1):
            for said, name in self._starts.get(text[at : at + 2], ()):
                if len(said) >= SHORTEST and text.startswith(said, at):
                    return _placed(signature, said, name)
        return signature

    def alike(self, signature: Signature) -> list[str]:
        """For each of its names the one known name that it is short for, or that is short for it."""
        found: list[str] = []
        for name in signature.names if signature.is_sure else ():
            kind, said = name.partition(":")[0], _said(name)
            near = [
                known
                for other, known in self._starts.get(said[:2], ())
                if other != said
                and known.startswith(f"{kind}:")
                and (is_nickname(said, other) or is_nickname(other, said))
            ]
            found += near if len(near) == 1 else []
        return found


def _said(name: str) -> str:
    return normalise(name.partition(":")[2])


def _placed(signature: Signature, said: str, name: str) -> Signature:
    changes: dict[str, object] = {"names": (name,), "is_sure": True}
    if not signature.thin:
        changes["text"] = signature.text.replace(said, "")
        changes["title"] = signature.title.replace(said, "") or signature.title
    return signature.model_copy(update=changes)
