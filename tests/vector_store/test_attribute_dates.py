from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vector_store.attribute_dates import (
    EPOCH_SUFFIX,
    epoch_name,
    epoch_seconds,
    with_epochs,
    without_epochs,
)

zones = st.none() | st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(timezones=zones)
names = st.text(max_size=10).filter(lambda name: not name.endswith(EPOCH_SUFFIX))


def utc(moment):
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01", 0),
        ("1970-01-02", 86_400),
        ("1969-12-31", -86_400),
        ("2026-01-31T12:30", 1_769_862_600),
        ("2026-01-31T12:30:15", 1_769_862_615),
        ("2026-01-31T12:30:15Z", 1_769_862_615),
        ("2026-01-31T12:30:15.25Z", 1_769_862_615.25),
        ("2026-01-31T12:30:15.123456789", 1_769_862_615.123456),
        ("2026-01-31T12:30+01:00", 1_769_859_000),
        ("2026-01-31T12:30:15-05:30", 1_769_882_415),
        ("2024-02-29", 1_709_164_800),
        ("0001-01-01", -62_135_596_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ],
)
def test_a_date_is_the_seconds_since_1970_and_utc_where_it_names_no_zone(text, seconds):
    assert epoch_seconds(text) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *("", "2026", "2026-01", "20260131", "2026-1-31", "26-01-31", "2026-W05-6", "2026-031"),
        *("2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01"),
        *("2026-01-31 12:30", "2026-01-31t12:30", "2026-01-31T12", "2026-01-31T", "2026-01-31Z"),
        *("2026-01-31T24:00", "2026-01-31T12:60", "2026-01-31T12:30:60", "2026-01-31T12:30z"),
        *("2026-01-31T12:30,5", "2026-01-31T12:30:15.", "2026-01-31T12:30+1", "2026-01-31T1230"),
        *("2026-01-31T12:30+24:00", "2026-01-31T12:30+0100", " 2026-01-31", "2026-01-31\n"),
        *("２０２６-01-31", "31.01.2026", "January 31, 2026"),
        *(1_769_862_615, True, None, ["2026-01-31"]),
    ],
)
def test_what_is_written_in_another_way_is_no_date(value):
    assert epoch_seconds(value) is None


@given(moments)
def test_any_moment_written_by_iso_8601_is_a_date(moment):
    assert epoch_seconds(moment.isoformat()) == pytest.approx(utc(moment).timestamp())


@given(st.dates())
def test_any_day_is_the_first_moment_of_it_in_utc(day):
    assert epoch_seconds(day.isoformat()) == epoch_seconds(f"{day.isoformat()}T00:00:00Z")


@given(moments, moments)
def test_any_two_moments_compare_as_their_numbers_do(one, other):
    earlier, later = sorted((one, other), key=utc)

    assert epoch_seconds(earlier.isoformat()) <= epoch_seconds(later.isoformat())


def test_a_date_stands_beside_its_number():
    given = {"published": "2026-01-31", "year": 2026, "team": "sales", "days": ["2026-01-31"]}

    assert with_epochs(given) == {**given, "published.epoch": 1_769_817_600}
    assert epoch_name("published") == "published.epoch"


@given(st.dictionaries(names, moments.map(datetime.isoformat) | st.text() | st.integers()))
def test_any_attributes_come_back_without_their_numbers(attributes):
    assert without_epochs(with_epochs(attributes)) == attributes


def test_a_number_that_another_writer_gave_such_a_name_is_kept():
    attributes = {"training.epoch": 12, "training": "run of January"}

    assert without_epochs(attributes) == attributes
