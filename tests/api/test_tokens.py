"""Tokens of an OpenID provider beside keys: what proves who calls, and all that does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError
from starlette.testclient import TestClient

from api import tokens
from api.app import create_app
from revrec.errors import StoreError, Unauthorised
from revrec.model.people import PersonKind
from revrec.operations import people as enrolling
from revrec.runtime.settings import Settings
from tests.api.conftest import PEOPLE
from tests.api.issuers import AUDIENCE, issuing
from tests.api.requests import CONTRACT, keyed, record
from tests.people import enrol

FIRST = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECOND = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def issuer():
    """The provider, with an RSA and an EC key."""
    with issuing() as made:
        made.rotate("rsa-1", FIRST)
        made.rotate("ec-1", SECOND)
        yield made


@pytest.fixture
def service(workspace, settings, issuer):
    """A client of a service that trusts the provider; ana is its subject u-1."""
    enrol(workspace, PEOPLE)

    def subject(tx):
        for name, role, login in (("tess", "preparer", "oidc:u-1"), ("rory", "auditor", "root")):
            enrolling.enrol(tx, name, PersonKind.PERSON, login=login, roles=[role], reason="hired")

    workspace.acting_as("dora").run(subject)
    trusted = settings.model_copy(
        update={
            "oidc_issuer": issuer.url,
            "oidc_audience": AUDIENCE,
            "oidc_roles_claim": "groups",
            "oidc_roles": {"revenue-team": "preparer"},
            "oidc_entities_claim": "entities",
        }
    )
    serving = replace(workspace, served=frozenset({workspace.entity + 1000}))
    with TestClient(create_app(serving, trusted), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def good(workspace):
    """Claims of a token that lets tess in."""
    return {"groups": ["revenue-team", "everyone"], "entities": [workspace.entity]}


def asked(service, token, **headers):
    """The answer to a read with a token."""
    return service.get("/v1/periods", headers={"Authorization": f"Bearer {token}", **headers})


@pytest.mark.parametrize(("number", "algorithm"), [("rsa-1", "RS256"), ("ec-1", "ES256")])
def test_a_token_proves_who_calls(service, issuer, good, number, algorithm):
    """By the claim that the settings name; keys go on working beside it."""
    token = issuer.token(number, algorithm=algorithm, **good)
    client = TestClient(service.app, headers={"Authorization": f"Bearer {token}"})

    assert 200 == record(client, [CONTRACT], number).status_code
    assert 200 == asked(service, "ana-key").status_code
    log = asked(service, "cleo-key")
    assert 200 == log.status_code
    events = service.get(
        "/v1/audit-log?operation=facts.record", headers={"Authorization": "Bearer cleo-key"}
    ).json()
    assert ["tess"] == [each["actor"] for each in events["records"]]


def confused(issuer, good):
    """HMAC by the text of the public key, which a naive service checks with the same text."""
    text = FIRST.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    now = int(time.time())
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "u-1", "iat": now, "exp": now + 300}
    parts = ({"alg": "HS256", "kid": "rsa-1", "typ": "JWT"}, {**claims, **good})
    signed = b".".join(
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in parts
    )
    mac = base64.urlsafe_b64encode(hmac.new(text, signed, hashlib.sha256).digest()).rstrip(b"=")
    return (signed + b"." + mac).decode()


def tampered(token):
    """The same signature under other claims."""
    header, claims, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**told, "sub": "u-2"}).encode()).rstrip(b"=")
    return f"{header}.{changed.decode()}.{signature}"


STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = int(time.time())
WRONG = {
    "alg none": (lambda i, g: i.token("rsa-1", algorithm="none", pair="", **g), "of a kind"),
    "HS256 by the public key": (confused, "of a kind"),
    "a stranger's key": (lambda i, g: i.token("rsa-1", pair=STRANGER, **g), "does not fit"),
    "another key's kind": (
        lambda i, g: i.token("rsa-1", algorithm="ES256", pair=SECOND, **g),
        "not a token of the form",
    ),
    "an unknown kid": (lambda i, g: i.token("rsa-9", pair=STRANGER, **g), "not one of the issuer"),
    "no kid": (lambda i, g: i.token("rsa-1", headers={"kid": ""}, **g), "names no key"),
    "RS512, not listed": (lambda i, g: i.token("rsa-1", algorithm="RS512", **g), "of a kind"),
    "expired": (lambda i, g: i.token("rsa-1", exp=NOW - 60, **g), "it has ended"),
    "of tomorrow": (lambda i, g: i.token("rsa-1", nbf=NOW + 86_400, **g), "a later time"),
    "another audience": (lambda i, g: i.token("rsa-1", aud="https://b", **g), "another audience"),
    "no audience": (lambda i, g: i.token("rsa-1", aud=None, **g), "has no claim 'aud'"),
    "another issuer": (lambda i, g: i.token("rsa-1", iss="https://b", **g), "another issuer"),
    "no end": (lambda i, g: i.token("rsa-1", exp=None, **g), "has no claim 'exp'"),
    "tampered": (lambda i, g: tampered(i.token("rsa-1", **g)), "does not fit"),
    "no subject": (lambda i, g: i.token("rsa-1", sub=None, **g), "has no claim 'sub'"),
    "nobody enrolled": (lambda i, g: i.token("rsa-1", sub="u-9", **g), "Nobody is enrolled"),
    "a login of the system": (lambda i, g: i.token("rsa-1", sub="root", **g), "Nobody is"),
    "rubbish": (lambda _i, _g: "a.b.c", "not a token of the form"),
}


def test_what_proves_nothing_is_refused_and_kept(service, issuer, good, log):
    """401 with the reason, never the token; each denial is in the audit log, none in the logs."""
    made = {name: make(issuer, good) for name, (make, _) in WRONG.items()}
    before = len(log.getvalue())

    for name, (_, reason) in WRONG.items():
        answer = asked(service, made[name])

        assert (401, "unauthorised") == (answer.status_code, answer.json()["code"]), name
        assert reason in answer.json()["detail"], (name, answer.json()["detail"])
    told = service.get(
        "/v1/audit-log?operation=access.&limit=500", headers={"Authorization": "Bearer cleo-key"}
    )
    assert len(WRONG) == len(told.json()["records"])
    kept = told.text + log.getvalue()[before:]
    assert [] == [name for name, token in made.items() if token in kept or token[-40:] in kept]


def test_keys_are_rotated_without_a_restart(settings, issuer):
    """A new key id is looked up; made-up ones do not flood the issuer; a withdrawn key ends."""
    moment = [0.0]
    trusted = settings.model_copy(update={"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE})
    keys = tokens.Keys(trusted, fetch=tokens._fetch, seconds=lambda: moment[0])
    checks = tokens.Tokens(trusted, keys)
    old = issuer.token("rsa-1")
    assert "oidc:u-1" == checks.shown_by(old).login
    issuer.rotate("rsa-2", STRANGER)
    new = issuer.token("rsa-2")

    with pytest.raises(Unauthorised):
        checks.shown_by(new)
    moment[0] = 6.0
    assert "oidc:u-1" == checks.shown_by(new).login
    for _ in range(20):
        with pytest.raises(Unauthorised):
            checks.shown_by(issuer.token("made-up", pair=STRANGER))
    assert 2 == issuer.asked
    del issuer.pairs["rsa-1"]
    assert "oidc:u-1" == checks.shown_by(old).login
    moment[0] = 400.0
    with pytest.raises(Unauthorised, match="not one of the issuer's"):
        checks.shown_by(old)


def test_an_issuer_that_does_not_answer_is_not_asked_by_everyone(settings, issuer):
    """Whoever calls next is refused at once; some seconds later it is asked again."""
    moment, asked_for, gone = [0.0], [], "http://127.0.0.1:1"
    trusted = settings.model_copy(update={"oidc_issuer": gone, "oidc_audience": AUDIENCE})

    def fetch(url):
        asked_for.append(url)
        return tokens._fetch(url.replace(gone, issuer.url) if moment[0] > 6 else url)

    keys = tokens.Keys(trusted, fetch=fetch, seconds=lambda: moment[0])
    for second in (0.0, 1.0, 4.0, 5.5):
        moment[0] = second
        with pytest.raises(StoreError, match="cannot be read"):
            keys.of("rsa-1", "RS256")
    assert 2 == len(asked_for)
    moment[0] = 11.0
    assert keys.of("rsa-1", "RS256").key_id == "rsa-1"


def test_a_token_narrows_and_never_adds(service, issuer, good):
    """Its roles are cut with those of the books; one that the books did not give opens nothing."""
    none = asked(service, issuer.token("rsa-1", **good | {"groups": ["everyone"]}))
    more = asked(service, issuer.token("rsa-1", **good | {"groups": ["controller"]}))
    token = issuer.token("rsa-1", **good | {"groups": "controller"})
    written = service.post(
        "/v1/facts", json=[CONTRACT], headers=keyed("k") | {"Authorization": f"Bearer {token}"}
    )

    assert [403, 200, 403] == [none.status_code, more.status_code, written.status_code]


def test_rights_are_of_one_entity(service, issuer, good, workspace):
    """Neither a key nor a token of one opens another, served here or not; each try is kept."""
    other = workspace.entity + 1000
    both = good | {"entities": [workspace.entity, other]}
    answers = [
        asked(service, issuer.token("rsa-1", **good), **{"Revrec-Entity": str(other)}),
        asked(service, issuer.token("rsa-1", **both), **{"Revrec-Entity": str(other)}),
        asked(service, "ana-key", **{"Revrec-Entity": str(other)}),
        asked(service, "ana-key", **{"Revrec-Entity": str(other + 1)}),
        asked(service, issuer.token("rsa-1", **both | {"entities": [other]})),
        asked(service, issuer.token("rsa-1", **both), **{"Revrec-Entity": str(workspace.entity)}),
    ]
    assert [401, 401, 401, 403, 403, 200] == [each.status_code for each in answers]

    enrol(replace(workspace, entity=other), PEOPLE)
    mine = asked(service, "ana-key", **{"Revrec-Entity": str(other)})
    assert (200, []) == (mine.status_code, mine.json()["records"])


def test_an_issuer_that_is_away_is_no_denial(workspace, settings):
    """503: the caller may be who they say; keys go on working."""
    trusted = settings.model_copy(
        update={"oidc_issuer": "http://127.0.0.1:1", "oidc_audience": AUDIENCE}
    )
    enrol(workspace, PEOPLE)
    with issuing() as made, TestClient(create_app(workspace, trusted)) as client:
        token = made.token("x", pair=FIRST)

        answer = asked(client, token)

        assert (503, "store-error") == (answer.status_code, answer.json()["code"])
        assert 200 == asked(client, "ana-key").status_code


def test_settings_that_would_trust_too_much_are_refused():
    """No audience, a shared secret, no signature."""
    for wrong in (
        {"oidc_issuer": "https://a"},
        {"oidc_issuer": "https://a", "oidc_audience": "b", "oidc_algorithms": ["HS256"]},
        {"oidc_issuer": "https://a", "oidc_audience": "b", "oidc_algorithms": ["none"]},
        {"oidc_issuer": "https://a", "oidc_audience": "b", "oidc_algorithms": []},
    ):
        with pytest.raises(ValidationError):
            Settings(**wrong)
