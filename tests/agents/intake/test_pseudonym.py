import pytest

from agents.intake.pseudonym import hash_caller

KEY = b"test key"


@pytest.mark.parametrize(
    "phone",
    [
        "13800138000",
        "+8613800138000",
        "+86 138 0013 8000",
        "0086-138-0013-8000",
        "138-0013-8000",
        "１３８００１３８０００",
        " 13800138000 ",
        "13800138000转801",
        "86 13800138000",
        "13800138000 ext 5",
    ],
)
def test_every_spelling_of_a_phone_is_one_caller(phone: str) -> None:
    assert hash_caller(phone, None, KEY) == hash_caller("13800138000", None, KEY)


def test_the_phone_decides_before_the_account() -> None:
    assert hash_caller("13800138000", "a1", KEY) == hash_caller("13800138000", "a2", KEY)


def test_the_account_stands_in_for_a_missing_phone() -> None:
    assert hash_caller("", "a1", KEY) == hash_caller(None, "a1", KEY) != hash_caller(None, "a2", KEY)


@pytest.mark.parametrize(
    ("phone", "account"),
    [
        (None, None),
        ("", ""),
        ("无", "匿名"),
        ("保密", "无"),
        ("138****8000", None),
        ("000000000", "0"),
        (None, "Anonymous"),
        (None, "\u3000"),
        ("12345", None),
        (None, "---"),
        ("138xxxx8000", "NULL"),
    ],
)
def test_an_anonymous_caller_has_no_pseudonym(phone: str | None, account: str | None) -> None:
    assert hash_caller(phone, account, KEY) is None


def test_an_account_is_not_a_phone_of_the_same_digits() -> None:
    assert hash_caller("13800138000", None, KEY) != hash_caller(None, "13800138000", KEY)


def test_another_key_gives_another_pseudonym() -> None:
    assert hash_caller("13800138000", None, b"a") != hash_caller("13800138000", None, b"b")


def test_all_of_a_long_key_counts() -> None:
    assert hash_caller("13800138000", None, b"k" * 100 + b"1") != hash_caller(
        "13800138000", None, b"k" * 100 + b"2"
    )


def test_a_pseudonym_shows_nothing_of_the_number() -> None:
    made = hash_caller("13800138000", None, KEY)
    assert made is not None
    assert made.startswith("r-")
    assert len(made) == 22
    assert "1380" not in made
