#!/usr/bin/env python3
"""Gives each sentence a context that names its capitalised words.

The host runs this program and speaks with it in frames on standard input and output: four bytes of length, little endian, and so
many bytes of JSON. What the program wants to say goes to standard error.
"""

import json
import struct
import sys

DESCRIPTION = {
    "type": "description",
    "protocol": 1,
    "id": "plugin-name",
    "kind": "augmentor",
    "version": "0.1.0",
    "licence": "Apache-2.0",
    "summary": "says which names are in the sentence",
    # What YAML may say under `options:`. The host checks what the user writes, and fills in defaults.
    "options": [
        {
            "name": "wording",
            "type": "string",
            "default": "It is about {}.",
            "help": "the context; {} stands for the names in the sentence",
        }
    ],
}


def context(words, wording):
    """Empty where there are no names: the sentence is then read alone."""
    names = [word for word in words if word[:1].isupper()]
    return wording.replace("{}", ", ".join(names), 1) if names else ""


def answers(frame, options):
    """What the host gets for one of its frames."""
    kind = frame["type"]
    if kind == "describe":
        yield DESCRIPTION
    elif kind == "create":
        # The fingerprint is everything that the text depends on besides the request: contexts are stored under it.
        yield {"type": "created", "fingerprint": {"wording": options["wording"]}}
    elif kind == "ask":
        # Every request is answered once, in any order, each as soon as its text is there.
        for request in frame["requests"]:
            text = context(request["words"], options["wording"])
            yield {"type": "answer", "index": request["index"], "text": text, "source": "plugin-name"}
        yield {"type": "done"}
    else:
        yield {"type": "error", "message": f"a frame of type {kind!r} is not known here"}


def read(stream):
    """The next frame; None at the end."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    return json.loads(stream.read(struct.unpack("<I", head)[0]))


def write(stream, frame):
    body = json.dumps(frame).encode()
    stream.write(struct.pack("<I", len(body)) + body)
    stream.flush()


def main():
    # Whatever prints by mistake must not come between the frames.
    source, target, sys.stdout = sys.stdin.buffer, sys.stdout.buffer, sys.stderr
    options = {}
    while (frame := read(source)) is not None:
        if frame["type"] == "create":
            options = frame["options"]
        try:
            for answer in answers(frame, options):
                write(target, answer)
        except Exception as error:  # The call has failed, not the program.
            write(target, {"type": "error", "message": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
