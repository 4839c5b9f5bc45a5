"""One query as an Elasticsearch request, and its answer as Found."""

from typing import Any

from indexing.analysis import Asked, Word, highlights
from indexing.batch import local_zone, millis
from indexing.fields import ID_FIELD, MOST_VALUES, TIME_FIELD, sought, words_of
from indexing.index import Found, Hit, Query

_SINGLES_WEIGHT = 0.3
"""Of single characters beside pairs, in the score only."""
_EACH_SHARD = 5_000
"""Values of a facet counted in each month, so that the sum over months is exact for all but endless fields.
"""


def request_for(query: Query, asked: Asked) -> dict[str, Any]:
    """Arguments of a search."""
    request: dict[str, Any] = {
        "query": {"bool": {"must": _must(asked), "should": _should(asked), "filter": _filters(query)}},
        "from_": query.offset,
        "size": query.size,
        "sort": _sort(query, asked),
        "track_total_hits": True,
        "track_scores": True,
    }
    if aggregations := _aggregations(query):
        request["aggs"] = aggregations
    return request


def found_in(answer: dict[str, Any], query: Query, asked: Asked) -> Found:
    """The answer to a request made by request_for."""
    told = answer.get("aggregations") or {}
    fields = words_of(query.collection)
    return Found(
        total=answer["hits"]["total"]["value"],
        hits=tuple(
            Hit(hit["_id"], hit["_source"], hit["_score"] or 0.0, highlights(hit["_source"], fields, asked))
            for hit in answer["hits"]["hits"]
        ),
        facets={name: _values(told.get(f"facet:{name}")) for name in query.facets},
        histogram=tuple(
            (bucket["key_as_string"], bucket["doc_count"])
            for bucket in (told.get("histogram") or {"buckets": []})["buckets"]
        ),
    )


def _must(asked: Asked) -> list[dict[str, Any]]:
    phrases = [{"match_phrase": {"words": " ".join(phrase)}} for phrase in asked.phrases]
    return [*(_word(word) for word in asked.words), *phrases]


def _word(word: Word) -> dict[str, Any]:
    """Enough of its pairs; a word of one token has no pairs, and is asked of the single-token field."""
    if not word.pairs:
        return {"term": {"words": {"value": word.singles[0]}}}
    pairs = [{"term": {"words.pair": {"value": pair}}} for pair in word.pairs]
    return {"bool": {"should": pairs, "minimum_should_match": word.needed}}


def _should(asked: Asked) -> list[dict[str, Any]]:
    if not asked:
        return []
    singles = [{"term": {"words": {"value": single}}} for single in asked.singles]
    return [{"bool": {"should": singles, "boost": _SINGLES_WEIGHT}}]


def _filters(query: Query) -> list[dict[str, Any]]:
    filters: list[dict[str, Any]] = [
        {"terms": {name: sought(accepted)}} for name, accepted in query.filters.items()
    ]
    bounds = {}
    if query.since is not None:
        bounds["gte"] = millis(query.since)
    if query.until is not None:
        bounds["lt"] = millis(query.until)
    if bounds:
        filters.append({"range": {TIME_FIELD[query.collection]: {**bounds, "format": "epoch_millis"}}})
    return filters


def _sort(query: Query, asked: Asked) -> list[dict[str, Any]]:
    """In an order that is the same every time: ties by time, then by id."""
    time, id = TIME_FIELD[query.collection], ID_FIELD[query.collection]
    by_time = {time: {"order": "asc" if query.sort == "oldest" else "desc", "unmapped_type": "date"}}
    by_id = {id: {"order": "asc", "unmapped_type": "keyword"}}
    if query.sort == "relevance" and asked:
        return [{"_score": {"order": "desc"}}, by_time, by_id]
    return [by_time, by_id]


def _aggregations(query: Query) -> dict[str, Any]:
    aggregations: dict[str, Any] = {
        f"facet:{name}": {
            "terms": {
                "field": name,
                "size": MOST_VALUES,
                "shard_size": _EACH_SHARD,
                "order": [{"_count": "desc"}, {"_key": "asc"}],
            }
        }
        for name in query.facets
    }
    if query.histogram is not None:
        aggregations["histogram"] = {
            "date_histogram": {
                "field": TIME_FIELD[query.collection],
                "calendar_interval": query.histogram,
                "time_zone": local_zone(query.utc_offset_minutes),
                "format": "yyyy-MM-dd'T'HH:mm:ssxxx",
                "min_doc_count": 1,
            }
        }
    return aggregations


def _values(facet: dict[str, Any] | None) -> tuple[tuple[str, int], ...]:
    return tuple((bucket["key"], bucket["doc_count"]) for bucket in (facet or {"buckets": []})["buckets"])
