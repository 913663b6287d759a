#!/usr/bin/env python3
"""An augmentor as a program: the sentence, repeated, behind a word drawn at random.

It speaks frames on standard input and output; Documentation/plugin-processes.md has every one.
"""
import json
import random
import struct
import sys

DESCRIPTION = {
    "type": "description",
    "protocol": 1,
    "id": "echo-python",
    "kind": "augmentor",
    "version": "1.0.0",
    "licence": "Apache-2.0",
    "summary": "repeats the sentence as its context, in Python",
    "options": [
        {"name": "times", "type": "integer", "default": 1, "least": 1, "greatest": 9,
         "help": "how often the sentence is repeated"},
        {"name": "separator", "type": "string", "default": ".", "help": "what stands between the repetitions"},
    ],
}

# Standard output belongs to the frames: whatever else prints goes to standard error.
source, target = sys.stdin.buffer, sys.stdout.buffer
sys.stdout = sys.stderr


def receive():
    """The next frame, None at the end."""
    head = source.read(4)
    if len(head) < 4:
        return None
    return json.loads(source.read(struct.unpack("<I", head)[0]))


def send(frame):
    content = json.dumps(frame, ensure_ascii=False).encode()
    target.write(struct.pack("<I", len(content)) + content)
    target.flush()


def context(request, options):
    # Drawn from the request's own seed: the text depends on neither batch nor order.
    opening = random.Random(int(request["random"], 16)).choice(["again", "indeed", "so"])
    separator = f" {options['separator']} "
    return opening + " " + separator.join([request["text"]] * options["times"])


def main():
    options = {}
    while (frame := receive()) is not None:
        if frame["type"] == "describe":
            send(DESCRIPTION)
        elif frame["type"] == "create":
            options = frame["options"]
            send({"type": "created", "fingerprint": {name: str(value) for name, value in options.items()}})
        elif frame["type"] == "ask":
            for request in frame["requests"]:
                try:
                    send({"type": "answer", "index": request["index"], "text": context(request, options),
                          "source": "echo-python"})
                except Exception as error:  # this request failed, the others go on
                    send({"type": "failure", "index": request["index"], "message": f"{type(error).__name__}: {error}"})
            send({"type": "done"})


if __name__ == "__main__":
    main()
