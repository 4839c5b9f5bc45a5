"""The breaker as a function of instants."""

from agents.grading.breaker import LONGEST_S, Breaker


def failed(breaker: Breaker, at: float, times: int = 1) -> Breaker:
    for _ in range(times):
        breaker = breaker.after_failure(at, most=3, pause_s=60)
    return breaker


def test_few_failures_leave_it_closed() -> None:
    assert not failed(Breaker(), 0, 2).is_open(0)


def test_failures_in_a_row_open_it_for_its_pause() -> None:
    breaker = failed(Breaker(), 0, 3)
    assert (breaker.is_open(59), breaker.is_open(60)) == (True, False)


def test_after_its_time_one_is_let_through_and_the_others_wait() -> None:
    breaker = failed(Breaker(), 0, 3)
    trying = breaker.admit(60, trial_s=80)
    assert trying is not None
    assert trying.admit(61, trial_s=80) is None
    assert trying.admit(140, trial_s=80) is not None


def test_each_failed_trial_doubles_the_pause_up_to_the_longest() -> None:
    breaker, at, pauses = failed(Breaker(), 0, 3), 0.0, []
    for _ in range(6):
        pauses.append(breaker.open_until - at)
        at = breaker.open_until
        breaker = failed(breaker, at)
    assert pauses == [60, 120, 240, 480, LONGEST_S, LONGEST_S]


def test_endpoint_that_names_its_pause_is_spared_for_it_at_once() -> None:
    assert Breaker().after_failure(0, 3, 60, at_least_s=3600).open_until == 3600


def test_wrong_setting_opens_it_for_the_longest_at_once() -> None:
    assert Breaker().after_failure(0, 3, 60, at_once=True).open_until == LONGEST_S
