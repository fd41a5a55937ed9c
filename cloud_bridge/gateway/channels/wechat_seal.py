"""How WeChat signs a push and closes it up (its document "消息加解密说明").

The signature is the SHA-1 of the sorted parts. A message is AES-256-CBC under the EncodingAESKey: 16 random bytes, the
length of the message, the message, the appid, filled up to 32.
"""

import base64
import binascii
import hmac
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from cloud_bridge.gateway.channels.channel import Account, Forged

KEY, IV, RANDOM, LENGTH, BLOCK = 32, 16, 16, 4, 32  # bytes


def is_signed(given: str, *parts: str) -> bool:
    """Whether it is the signature of these parts."""
    right = sha1("".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def opened(sealed: str, account: Account) -> bytes:
    """The message that was closed up; raises Forged where it is not for this account."""
    try:
        key = base64.b64decode(account.secrets["aes_key"] + "=")
        closed = base64.b64decode(sealed)
    except (binascii.Error, ValueError) as error:
        raise Forged("the message, or the account's aes_key, is not base64") from error
    if len(key) != KEY or not closed or len(closed) % IV:
        raise Forged("the account's aes_key is not one, or the message is cut off")
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:IV])).decryptor()
    padded = opener.update(closed) + opener.finalize()
    filling = padded[-1]
    if not 1 <= filling <= BLOCK:
        raise Forged("the account's aes_key does not open it")
    plain = padded[RANDOM:-filling]
    size = int.from_bytes(plain[:LENGTH], "big")
    message, appid = plain[LENGTH : LENGTH + size], plain[LENGTH + size :]
    if len(message) != size or not hmac.compare_digest(appid, account.options["appid"].encode()):
        raise Forged("the account's aes_key does not open it, or it is for another appid")
    return message
