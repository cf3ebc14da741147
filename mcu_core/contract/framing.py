"""Messages as bytes on a Unix socket: four bytes of length, then msgpack; the only serialiser."""

from typing import Generic, TypeVar

import msgspec

from mcu_core.errors import MalformedInput

LENGTH_BYTES = 4
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest is a still: 4096 x 2304 in 4:2:0 are 14 MB."""

M = TypeVar("M")


class Framing(Generic[M]):
    """Encodes and decodes one family of messages, a union of tagged msgspec structs."""

    def __init__(self, message_type: object) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(message_type)

    def encode(self, message: M) -> bytes:
        """The message with its length in front, ready to be written."""
        body = self._encoder.encode(message)
        return len(body).to_bytes(LENGTH_BYTES, "big") + body

    def decode(self, body: bytes) -> M:
        """The message in `body` (without its length); raises MalformedInput for anything else."""
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise MalformedInput("message", f"a contract message ({error})") from error


def body_length(header: bytes) -> int:
    """The length that four bytes of header announce; raises MalformedInput over the limit."""
    length = int.from_bytes(header, "big")
    if length > MAX_MESSAGE_BYTES:
        raise MalformedInput("length", f"at most {MAX_MESSAGE_BYTES} bytes, not {length}")
    return length
