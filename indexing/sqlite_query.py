"""One query in SQL: the statements of SqliteIndex.search."""

import sqlite3
from typing import Any

from indexing.analysis import Asked, Word, parse
from indexing.batch import local_zone, millis
from indexing.fields import MOST_VALUES, keywords_of, sought
from indexing.index import Interval, Query

_BUCKETS: dict[Interval, str] = {
    "hour": "strftime('%Y-%m-%dT%H:00:00', {local})",
    "day": "strftime('%Y-%m-%dT00:00:00', {local})",
    # The Monday on or before: on to Sunday, which may be today, and six days back.
    "week": "strftime('%Y-%m-%dT00:00:00', {local}, 'weekday 0', '-6 days')",
    "month": "strftime('%Y-%m-01T00:00:00', {local})",
}


class Question:
    """A checked query. Call find_words first: it leaves the numbers of matching rows in a table of the
    connection.
    """

    def __init__(self, query: Query) -> None:
        self.query = query
        self.asked: Asked = parse(query.text)
        self._table = query.collection
        self._where, self._values = _conditions(query)
        if self.asked:
            self._where += " AND number IN (SELECT number FROM temp.matching)"

    def find_words(self, connection: sqlite3.Connection) -> None:
        """Rows that hold every word and every phrase."""
        if not self.asked:
            return
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS matching (number INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.matching")
        words = f"{self._table}_words"
        sets = [_word_set(words, word) for word in self.asked.words]
        sets += [
            (f"SELECT rowid FROM {words} WHERE {words} MATCH ?", (_phrase(phrase),))
            for phrase in self.asked.phrases
        ]
        sql = " INTERSECT ".join(f"SELECT rowid FROM ({statement})" for statement, _ in sets)
        values = [value for _, some in sets for value in some]
        connection.execute(f"INSERT INTO temp.matching {sql}", values)

    def total(self, connection: sqlite3.Connection) -> int:
        count: int = connection.execute(
            f"SELECT count(*) FROM {self._table} WHERE {self._where}", self._values
        ).fetchone()[0]
        return count

    def page(self, connection: sqlite3.Connection) -> list[tuple[str, str, float]]:
        """(id, body as JSON, score) of the asked page, in order."""
        query, table = self.query, self._table
        page = (query.size, query.offset)
        if query.sort == "relevance" and self.asked:
            words = f"{table}_words"
            return connection.execute(
                f"SELECT _id, body, score FROM"
                f" (SELECT rowid, -bm25({words}) AS score FROM {words} WHERE {words} MATCH ?)"
                f" JOIN {table} ON number = rowid WHERE {self._where}"
                " ORDER BY score DESC, at DESC, _id LIMIT ? OFFSET ?",
                (self._ranked(), *self._values, *page),
            ).fetchall()
        order = "at ASC" if query.sort == "oldest" else "at DESC"
        return connection.execute(
            f"SELECT _id, body, 0.0 FROM {table} WHERE {self._where} ORDER BY {order}, _id LIMIT ? OFFSET ?",
            (*self._values, *page),
        ).fetchall()

    def facet(self, connection: sqlite3.Connection, name: str) -> tuple[tuple[str, int], ...]:
        """Values of a keyword field and how many documents hold each: largest first, ties by value."""
        column = f'"{name}"'
        if keywords_of(self.query.collection)[name].type == "keywords":
            # A document counts once for each of its values.
            source = (
                f"(SELECT DISTINCT number, value FROM {self._table}, json_each({column}) WHERE {self._where})"
            )
        else:
            source = (
                f"(SELECT {column} AS value FROM {self._table} WHERE {self._where} AND {column} IS NOT NULL)"
            )
        return tuple(
            connection.execute(
                f"SELECT value, count(*) FROM {source} GROUP BY value ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES}",
                self._values,
            ).fetchall()
        )

    def histogram(self, connection: sqlite3.Connection) -> tuple[tuple[str, int], ...]:
        """Counts by local time; a bucket is named by its start."""
        if self.query.histogram is None:
            return ()
        offset = self.query.utc_offset_minutes
        bucket = _BUCKETS[self.query.histogram].format(local=f"at / 1000.0 + {int(offset) * 60}, 'unixepoch'")
        rows = connection.execute(
            f"SELECT {bucket}, count(*) FROM {self._table} WHERE {self._where} GROUP BY 1 ORDER BY 1",
            self._values,
        ).fetchall()
        return tuple((start + local_zone(offset), count) for start, count in rows)

    def _ranked(self) -> str:
        """What the score is counted over: any pair, phrase or lone token of the query."""
        parts = [_pair(pair) for word in self.asked.words for pair in word.pairs]
        parts += [_single(word.singles[0]) for word in self.asked.words if not word.pairs]
        return " OR ".join(dict.fromkeys([*parts, *(_phrase(phrase) for phrase in self.asked.phrases)]))


# Tokens hold letters, digits and .,;:'_ only (analysis.tokens), so that nothing can end the quotes.


def _pair(pair: str) -> str:
    return f'b : "{pair}"'


def _single(single: str) -> str:
    return f'u : "{single}"'


def _phrase(phrase: tuple[str, ...]) -> str:
    return f'u : "{" ".join(phrase)}"'


def _word_set(words: str, word: Word) -> tuple[str, tuple[str, ...]]:
    """Statement and values for the rows that hold enough of a word."""
    matching = f"SELECT rowid FROM {words} WHERE {words} MATCH ?"
    pairs = [_pair(pair) for pair in word.pairs] or [_single(word.singles[0])]
    if word.needed == 1:
        return matching, (" OR ".join(pairs),)
    each = " UNION ALL ".join([matching] * len(pairs))
    return f"SELECT rowid FROM ({each}) GROUP BY rowid HAVING count(*) >= {word.needed}", tuple(pairs)


def _conditions(query: Query) -> tuple[str, list[Any]]:
    """Filters and time as SQL. A ticket without time is one whose `created` has not come: never found."""
    parts, values = ["at IS NOT NULL"], list[Any]()
    if query.since is not None:
        parts.append("at >= ?")
        values.append(millis(query.since))
    if query.until is not None:
        parts.append("at < ?")
        values.append(millis(query.until))
    known = keywords_of(query.collection)
    for name, accepted in query.filters.items():
        wanted = sought(accepted)
        marks = ",".join("?" * len(wanted))
        if known[name].type == "keywords":
            parts.append(f'EXISTS (SELECT 1 FROM json_each("{name}") WHERE value IN ({marks}))')
        else:
            parts.append(f'"{name}" IN ({marks})')
        values += wanted
    return " AND ".join(parts), values
