"""The demo's channels: a customer's order as each of them would post it, signed as each of them signs."""

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, urlencode

from config.demo.morning import Step

SECRETS = {"generic": "the demo's mini program", "meituan": "the demo's Meituan app", "eleme": "the demo's Ele.me app"}
ACCOUNT = "demo"


class Posted(NamedTuple):
    """A request of a channel."""

    channel: str
    body: bytes
    headers: dict[str, str]


def path_of(channel: str) -> str:
    """Where the channel posts to."""
    return f"/channels/{channel}/{ACCOUNT}"


def post_of(step: Step, number: int, gateway: str) -> Posted:
    """The request that brings a step to the gateway at this address."""
    match step.data.get("salesChannel"):
        case "meituan":
            return _meituan(step.data, gateway)
        case "eleme":
            return _eleme(step.data)
    return _generic(step, number)


def _generic(step: Step, number: int) -> Posted:
    """The shop's mini program: Standard Webhooks."""
    addresses = {"addresses": {"webhook": step.data["customer"]["name"]}} if "customer" in step.data else {}
    content = {"type": f"order.{step.kind}", "data": step.data | addresses}
    body = json.dumps(content, ensure_ascii=False).encode()
    message, timestamp = f"msg-{number}", str(int(time.time()))
    signed = hmac.digest(SECRETS["generic"].encode(), f"{message}.{timestamp}.".encode() + body, "sha256")
    return Posted(
        "generic",
        body,
        {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        },
    )


def _meituan(data: dict[str, Any], gateway: str) -> Posted:
    """A form whose values are encoded twice; the signature is over what they say."""
    foods = [
        {
            "food_name": item["name"],
            "app_food_code": item["externalCode"],
            "quantity": item["quantity"],
            "food_property": item.get("specialInstructions") or "",
        }
        for item in data["items"]
    ]
    fields = {
        "app_id": "5308",
        "timestamp": str(int(time.time())),
        "order_id": str(int(data["id"][:12].replace("-", ""), 16)),
        "day_seq": data["displayId"],
        "ctime": str(int(_seconds(data["createdAt"]))),
        "delivery_time": "0",
        "pick_type": "1",
        "recipient_name": data["customer"]["name"],
        "recipient_phone": data["customer"]["phone"]["number"],
        "status": "2",
        "detail": json.dumps(foods, ensure_ascii=False),
    }
    said = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    text = f"{gateway}{path_of('meituan')}?{said}{SECRETS['meituan']}"
    fields["sig"] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    body = urlencode({name: quote(value) for name, value in fields.items()}, quote_via=quote_plus).encode()
    return Posted("meituan", body, {"content-type": "application/x-www-form-urlencoded"})


def _eleme(data: dict[str, Any]) -> Posted:
    """JSON in JSON, signed by the upper MD5 of the sorted fields."""
    items = [
        {"name": item["name"], "extendCode": item["externalCode"], "quantity": item["quantity"]}
        for item in data["items"]
    ]
    message = {
        "id": str(int(data["id"][:12].replace("-", ""), 16)),
        "daySn": data["displayId"],
        "activeAt": data["createdAt"],
        "businessType": 1,
        "consignee": data["customer"]["name"],
        "phoneList": [data["customer"]["phone"]["number"]],
        "groups": [{"type": "normal", "items": items}],
    }
    fields: dict[str, Any] = {
        "type": 217,
        "shopId": 720032,
        "timestamp": int(time.time() * 1000),
        "message": json.dumps(message, ensure_ascii=False),
    }
    said = "".join(f"{name}={value}" for name, value in sorted(fields.items()))
    digest = hashlib.md5(f"{said}{SECRETS['eleme']}".encode(), usedforsecurity=False)
    body = json.dumps(fields | {"signature": digest.hexdigest().upper()}, ensure_ascii=False).encode()
    return Posted("eleme", body, {"content-type": "application/json"})


def _seconds(rfc3339: str) -> float:
    return datetime.fromisoformat(rfc3339).timestamp()
