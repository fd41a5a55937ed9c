"""WeChat: a subscribe message of a mini-program.

Documents (read 2026-11), below https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/:
"发送订阅消息", with its table of what a keyword may hold: mp-message-management/subscribe-message/sendMessage.html
"获取稳定版接口调用凭据": mp-access-token/getStableAccessToken.html
Never tried against the vendor's live system.

One authorisation is one message: the rules count what a customer of the appid allows by template (`notices`), and 43101
says that none is left. WeChat knows nothing of a message that comes twice: `ready` goes at least once, the others at
most once.

Settings: options `appid`, and for each template, under its id, what its keywords say: `thing1={item}; time3={time}`,
where {order} {item} {stage} {store} {time} {words} stand for what they say; `page`, `lang` and `miniprogram_state` go
as they are. `templates` has the ids by event, or by event and stage: `item.started baking`.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.plan import fill
from cloud_bridge.gateway.ways.way import (
    Arrived,
    Call,
    Later,
    Never,
    Outcome,
    Setting,
    Token,
    Unsendable,
    Unsure,
    Way,
    address_of,
    may_be_done,
)
from edge.text import plain

API = "https://api.weixin.qq.com"
JSON = {"content-type": "application/json"}
OK = 200
HOUR = 3600.0
THING = 20  # characters
DIGITS = "0123456789"

DONE, NONE_LEFT = 0, 43101
STALE_TOKENS = frozenset({40001, 40014, 42001})
BUSY = frozenset({-1, 43108})  # the system, or several messages to one customer at a time
LIMITS = {45009: HOUR, 45011: 60.0}  # reached: those of a day, those of a minute
MEANINGS = {
    40003: "the customer's openid is not of this mini-program",
    40037: "the template's id is wrong",
    41030: "the page is not of this mini-program",
    43107: "the mini-program may not send subscribe messages",
    45168: "a word in it is not allowed",
    40013: "the appid is wrong",
    40125: "the secret is wrong",
    40164: "this machine's address is not on the mini-program's white list",
    40243: "the secret is frozen",
}
WRONG_DATA = 47003  # its errmsg says which field


class _Answer(msgspec.Struct, frozen=True):
    errcode: int | None = None
    errmsg: str = ""
    access_token: str = ""
    expires_in: float = 0.0


_ANSWER = msgspec.json.Decoder(_Answer)


def _only(length: int, allowed: Callable[[str], bool]) -> Callable[[str], str]:
    return lambda text: "".join(filter(allowed, text))[:length]


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _is_ascii(character: str) -> bool:
    return character.isascii() and character.isprintable()


def _name(text: str) -> str:
    """A name with Chinese in it has at most 10 characters, any other one 20."""
    text = _only(20, lambda character: not character.isdigit())(text)
    return text[:10] if any(map(_is_han, text)) else text


# What a keyword may hold, by its name without the digits at its end.
KEYWORDS: dict[str, Callable[[str], str]] = {
    "thing": lambda text: text if len(text) <= THING else f"{text[: THING - 1]}…",
    "character_string": _only(32, _is_ascii),
    "letter": _only(32, lambda character: character.isascii() and character.isalpha()),
    "number": _only(32, lambda character: character in f"{DIGITS}."),
    "symbol": _only(5, lambda character: not character.isalnum() and not character.isspace()),
    "phrase": _only(5, _is_han),
    "name": _name,
    "phone_number": _only(17, lambda character: character in "0123456789+-*"),
    "car_number": _only(8, str.isalnum),
    "amount": _only(12, lambda character: character in "0123456789.¥$€元"),
    "time": lambda text: text,
    "date": lambda text: text,
}


def _call(notice: Notice, addresses: dict[str, str], setting: Setting, token: str, _now: float) -> Call:
    template = setting.template(notice)
    if not template:
        raise Unsendable(f"templates: there is none for {notice.on} {notice.stage}".strip())
    body: dict[str, Any] = {
        "touser": address_of(addresses, setting, WAY.name),
        "template_id": template,
        "data": {key: {"value": value} for key, value in _data(notice, setting.options.get(template, "")).items()},
    }
    body |= {name: value for name in ("page", "lang", "miniprogram_state") if (value := setting.options.get(name))}
    url = f"{setting.options.get('api') or API}/cgi-bin/message/subscribe/send?access_token={token}"
    return Call(url, msgspec.json.encode(body), JSON)


def _data(notice: Notice, fields: str) -> dict[str, str]:
    """The keywords of a template with what they say of this notice, each as it must be written."""
    at = datetime.fromtimestamp(notice.at, UTC).astimezone(ZoneInfo(notice.zone or "UTC"))
    about = {
        "order": notice.display_id,
        "item": notice.name,
        "stage": notice.stage,
        "store": notice.store_name,
        "time": f"{at:%Y}年{at.month}月{at.day}日 {at:%H:%M}",
        "words": notice.words,
    }
    data = {}
    for keyword, text in _fields(fields):
        value = KEYWORDS[keyword.rstrip(DIGITS)](plain(fill(text, about)).strip()).strip()
        if not value:
            raise Unsendable(f"{keyword}: nothing is left of what it says")
        data[keyword] = value
    return data


def _fields(fields: str) -> list[tuple[str, str]]:
    """Keywords and what they say; raises Unsendable."""
    parts = [field.partition("=") for field in fields.split(";") if field.strip()]
    if not parts:
        raise Unsendable("the template's keywords are missing, such as thing1={item}; time2={time}")
    for keyword, _, _ in parts:
        if keyword.strip().rstrip(DIGITS) not in KEYWORDS:
            raise Unsendable(f"WeChat has no keyword {keyword.strip()}; it has {', '.join(KEYWORDS)}")
    return [(keyword.strip(), text.strip()) for keyword, _, text in parts]


def _mistakes(setting: Setting) -> Iterator[str]:
    if not setting.templates:
        yield "templates: required, the ids by event: order.ready"
    for template in dict.fromkeys(setting.templates.values()):
        try:
            _fields(setting.options.get(template, ""))
        except Unsendable as error:
            yield f"options.{template}: {error}"


def _answer(status: int, body: bytes) -> _Answer | None:
    """What it says; none where it is nothing of WeChat's."""
    try:
        return _ANSWER.decode(body) if status == OK else None
    except msgspec.MsgspecError:
        return None


def _judge(status: int, body: bytes, _headers: Any) -> Outcome:
    answer = _answer(status, body)
    if answer is None or answer.errcode is None:
        return (Unsure if may_be_done(status) else Later)(f"HTTP {status}, and no errcode")
    code = answer.errcode
    if code == DONE:
        return Arrived()
    if code == NONE_LEFT:
        return Never("43101: the customer allows no more of these", spent=True)
    if code in LIMITS:
        return Later(f"{code}: the limit of calls is reached", LIMITS[code], everything=True)
    if code in BUSY or code in STALE_TOKENS:
        return Later(f"{code}: busy" if code in BUSY else f"{code}: the access token is not taken")
    return Never(_meaning(answer))


def _meaning(answer: _Answer) -> str:
    words = plain(answer.errmsg, 100) if answer.errcode == WRONG_DATA else MEANINGS.get(answer.errcode or 0, "refused")
    return f"{answer.errcode}: {words}"


def _ask_token(setting: Setting) -> Call:
    body = {
        "grant_type": "client_credential",
        "appid": setting.options["appid"],
        "secret": setting.secrets["secret"],
    }
    return Call(f"{setting.options.get('api') or API}/cgi-bin/stable_token", msgspec.json.encode(body), JSON)


def _read_token(status: int, body: bytes) -> tuple[str, float]:
    answer = _answer(status, body)
    if answer is None:
        raise ValueError(f"HTTP {status}")
    if answer.access_token:
        return answer.access_token, answer.expires_in
    if answer.errcode in MEANINGS:
        raise Unsendable(_meaning(answer))
    raise ValueError(f"{answer.errcode}")


def _is_refused(status: int, body: bytes) -> bool:
    answer = _answer(status, body)
    return answer is not None and answer.errcode in STALE_TOKENS


WAY = Way(
    name="wechat",
    call=_call,
    judge=_judge,
    token=Token(_ask_token, _read_token, _is_refused),
    app="appid",
    options=("appid",),
    mistakes=_mistakes,
)
