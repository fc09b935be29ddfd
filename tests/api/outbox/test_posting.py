"""One delivery over a real connection: verified by an independent library, sent nowhere else, never waited for long."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from adapters.catalog.outbox import Due
from api.outbox.posting import Poster
from api.outbox.schedule import Answer
from api.outbox.signing import new_secret
from tests.api.outbox.doubles import due
from tests.api.outbox.receiver import Receiver, receiving

NAME = "receiver.test"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(autouse=True)
def anew(receiver: Receiver) -> None:
    receiver.got.clear()


async def here(host: str, port: int) -> list[str]:
    """A name server that has loopback for every name."""
    return ["127.0.0.1"]


def posted(*dues: Due, timeout_s: float = 60.0, allowed: bool = True, **told: ssl.SSLContext) -> list[Answer]:
    async def post() -> list[Answer]:
        clock = lambda: datetime.now(UTC)  # noqa: E731 - the verifier looks at the real one
        async with Poster(here, is_private_allowed=allowed, timeout_s=timeout_s, now=clock, **told) as poster:
            return list(await asyncio.gather(*(poster.post(each) for each in dues)))

    return asyncio.run(post())


def test_a_receiver_verifies_it_with_either_secret(receiver: Receiver) -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    body = '{"type":"ping","data":{"text":"snö"}}'
    [answer] = posted(due(f"{receiver.url}/ok", body=body, secrets=(new, old)))
    assert answer == Answer(http_status=204)
    [got] = receiver.got
    for secret in (old, new):
        assert Webhook(secret).verify(got.body, got.headers)["data"] == {"text": "snö"}
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(got.body + b" ", got.headers)
    assert (got.headers["webhook-id"], got.headers["content-type"]) == ("d-1", "application/json")


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    [answer] = posted(due(f"{receiver.url}/moved"))
    assert (answer.is_taken, answer.error) == (False, "a redirect, which is not followed")
    assert [got.path for got in receiver.got] == ["/moved"]


@pytest.mark.parametrize("path", ["/endless", "/drip"])
def test_a_body_without_end_is_not_read(receiver: Receiver, path: str) -> None:
    assert posted(due(f"{receiver.url}{path}")) == [Answer(http_status=200)]


def test_silence_ends_and_so_does_a_closed_door(receiver: Receiver) -> None:
    [silent] = posted(due(f"{receiver.url}/silent"), timeout_s=0.3)
    [closed] = posted(due("http://127.0.0.1:1/"))
    assert silent.error == "no answer within 0.3 s"
    assert closed.error == "no answer: ConnectError"


def test_a_status_that_is_no_success_is_told(receiver: Receiver) -> None:
    assert posted(due(f"{receiver.url}/no")) == [Answer(http_status=500, error="http 500")]


def test_nothing_is_sent_inside_unless_it_is_allowed(receiver: Receiver) -> None:
    urls = (
        f"https://{NAME}:{receiver.port}/ok",
        f"https://127.0.0.1:{receiver.port}/ok",
        f"{receiver.url}/ok",
    )
    answers = posted(*(due(url) for url in urls), allowed=False)
    assert [answer.error for answer in answers] == [
        "the URL leads to an address that is not public",
        "the URL leads to an address that is not public",
        "the URL must begin with https://",
    ]
    assert receiver.got == []


def test_each_delivery_has_a_connection_of_its_own(receiver: Receiver) -> None:
    """Two names at one address must not share one."""
    url = f"http://{NAME}:{receiver.port}/ok"
    for _ in range(2):
        posted(due(url), due(url.replace(NAME, "other.test")))
    assert len({got.connection for got in receiver.got}) == 4
    assert {got.headers["host"].partition(":")[0] for got in receiver.got} == {NAME, "other.test"}


def test_tls_is_with_the_name_though_the_connection_is_to_the_address(tmp_path: Path) -> None:
    serving, trusting = _certified(tmp_path)
    names: list[str | None] = []
    serving.sni_callback = lambda _, name, __: names.append(name)
    with receiving(serving) as receiver:
        url = f"https://{NAME}:{receiver.port}/ok"
        assert posted(due(url), trusted=trusting) == [Answer(http_status=204)]
        [wrong] = posted(due(url.replace(NAME, "other.test")), trusted=trusting)
        [got] = receiver.got
    assert (names[0], got.headers["host"]) == (NAME, f"{NAME}:{receiver.port}")
    assert wrong.error == "no answer: ConnectError"


def _certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What serves as NAME, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    ).add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "pair.pem"
    file.write_bytes(certificate + pem)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    return serving, ssl.create_default_context(cadata=certificate.decode())
