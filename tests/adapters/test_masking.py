"""What is shown of a value that holds a secret: never the secret, and of the rest what tells which value it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.masking import MASK, masked


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://u:p/w@h/db", f"postgresql://u:{MASK}@h/db"),
        ("http://u:p@ss@h", f"http://u:{MASK}@h"),
        ("http://u:p?q#r@h:1", f"http://u:{MASK}@h:1"),
        ("redis://:secret@h:6379/0", f"redis://:{MASK}@h:6379/0"),
        (
            "postgresql://h/db?user=u&password=abc&sslmode=require",
            f"postgresql://h/db?user=u&password={MASK}&sslmode=require",
        ),
        ("http://h:8123/?access_token=a.b-c", f"http://h:8123/?access_token={MASK}"),
        ("https://h/?X-Client-Secret=s&x=1", f"https://h/?X-Client-Secret={MASK}&x=1"),
        ("https://h/?api_key=s", f"https://h/?api_key={MASK}"),
        ("http://a:b@h, http://c:d@h", f"http://a:{MASK}@h, http://c:{MASK}@h"),
        ("postgresql://me@db/midround", "postgresql://me@db/midround"),
        ("http://store:8123/midround", "http://store:8123/midround"),
        ("k1:9092,k2:9092", "k1:9092,k2:9092"),
        (8123, 8123),
        ({"sasl.password": "abc", "linger.ms": "3"}, {"sasl.password": MASK, "linger.ms": "3"}),
        (["http://u:p@h"], [f"http://u:{MASK}@h"]),
    ],
)
def test_secrets_of_a_value_are_replaced(value: object, shown: object) -> None:
    assert masked("some.setting", value) == shown


@given(secret=st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1), host=st.just("host.example"))
def test_no_password_of_a_url_is_shown_whatever_it_holds(secret: str, host: str) -> None:
    assert masked("some.url", f"http://reader:{secret}@{host}/x") == f"http://reader:{MASK}@{host}/x"
