"""Easemob, which is Agora Chat outside of China: a text message from the shop to the customer's chat user.

Documents (read 2026-11; Agora's are the same in English), below https://doc.easemob.com/document/server-side/:
"发送单聊消息": message_single.html; "使用环信 App Token 鉴权": easemob_app_token.html
Never tried against the vendor's live system.

It knows nothing of a message that comes twice: `ready` goes at least once, the others at most once.

Settings: options `app` (the AppKey, `org#app`), `api` (the REST host that the console names, https://a1.easemob.com)
and `from` (the chat user who speaks, default: `admin`); secrets `client_id` and `client_secret`.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways.way import (
    Arrived,
    Call,
    Never,
    Outcome,
    Setting,
    Token,
    Unsendable,
    Unsure,
    Way,
    address_of,
    left_alone,
    may_be_done,
)

JSON = {"content-type": "application/json", "accept": "application/json"}
OK, UNAUTHORIZED, FORBIDDEN, TOO_MANY, FAULTS = 200, 401, 403, 429, 500
LARGEST = 3_000  # bytes of a text; 5 KB of a request are taken
MINUTE = 60.0  # the limit of messages is one of a minute; beyond it the answer is 403
DAY = 86_400.0


class _Answer(msgspec.Struct, frozen=True):
    access_token: str = ""
    expires_in: float = DAY
    error: str = ""
    data: dict[str, Any] = {}


_ANSWER = msgspec.json.Decoder(_Answer)


def _url(setting: Setting, path: str) -> str:
    org, hash_sign, app = setting.options["app"].partition("#")
    if not (org and hash_sign and app):
        raise Unsendable("options.app: expected the AppKey, org#app")
    return f"{setting.options['api'].rstrip('/')}/{quote(org, safe='')}/{quote(app, safe='')}/{path}"


def _call(notice: Notice, addresses: dict[str, str], setting: Setting, token: str, _now: float) -> Call:
    if not notice.words:
        raise Unsendable("there are no words for it")
    words = notice.words.encode()[:LARGEST].decode(errors="ignore")
    body = {
        "from": setting.options.get("from") or "admin",
        "to": [address_of(addresses, setting, WAY.name)],
        "type": "txt",
        "body": {"msg": words},
    }
    return Call(_url(setting, "messages/users"), msgspec.json.encode(body), JSON | {"authorization": f"Bearer {token}"})


def _judge(status: int, body: bytes, headers: Any) -> Outcome:
    if status == OK:
        answer = _answer(body)
        return Arrived() if answer is not None and answer.data else Unsure("HTTP 200, but no message in its answer")
    if status in {FORBIDDEN, TOO_MANY}:
        return left_alone(f"HTTP {status}: too many messages", headers, MINUTE)
    if may_be_done(status):
        return Unsure(f"HTTP {status}")
    if status >= FAULTS or status == UNAUTHORIZED:
        return left_alone(f"HTTP {status}", headers, everything=False)
    return Never(f"HTTP {status}")


def _answer(body: bytes) -> _Answer | None:
    try:
        return _ANSWER.decode(body)
    except msgspec.MsgspecError:
        return None


def _ask_token(setting: Setting) -> Call:
    body = {"grant_type": "client_credentials", **setting.secrets}
    return Call(_url(setting, "token"), msgspec.json.encode(body), JSON)


def _read_token(status: int, body: bytes) -> tuple[str, float]:
    answer = _answer(body)
    if status == OK and answer is not None and answer.access_token:
        return answer.access_token, answer.expires_in
    if OK < status < FAULTS and status != TOO_MANY:
        raise Unsendable(f"HTTP {status}: client_id, client_secret or the AppKey is wrong")
    raise ValueError(f"HTTP {status}")


def _mistakes(setting: Setting) -> Iterator[str]:
    try:
        _url(setting, "token")
    except Unsendable as error:
        yield str(error)
    except KeyError:
        return  # a missing option is said by whoever looks for all of them


WAY = Way(
    name="easemob",
    call=_call,
    judge=_judge,
    token=Token(_ask_token, _read_token, refused=lambda status, _body: status == UNAUTHORIZED),
    secrets=("client_id", "client_secret"),
    options=("app", "api"),
    mistakes=_mistakes,
)
