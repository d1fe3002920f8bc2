"""Changes of a JSON document by path, for tables of cases."""

import base64

SHORT = {  # the places that cases change most
    "entry": "verificationMaterial.tlogEntries.0",
    "proof": "verificationMaterial.tlogEntries.0.inclusionProof",
    "token": "verificationMaterial.timestampVerificationData.rfc3161Timestamps.0",
    "material": "verificationMaterial",
    "message": "messageSignature",
    "envelope": "dsseEnvelope",
}


def _steps(path):
    first, _, rest = path.partition(".")
    whole = ".".join(filter(None, (SHORT.get(first, first), rest)))
    return [int(step) if step.isdigit() else step for step in whole.split(".")]


def _holder(document, path):
    *above, last = _steps(path)
    for step in above:
        document = document[step]
    return document, last


def put(path, value):
    """Sets a member; a function is given the old value."""
    def edit(document):
        holder, last = _holder(document, path)
        if callable(value):
            holder[last] = value(holder[last])
        elif isinstance(holder, list) and last == len(holder):
            holder.append(value)
        else:
            holder[last] = value
        return document
    return edit


def drop(path):
    def edit(document):
        holder, last = _holder(document, path)
        del holder[last]
        return document
    return edit


def copy_of(source, path):
    """Appends to the list at `path` what stands at `source`."""
    def edit(document):
        holder, last = _holder(document, source)
        target, name = _holder(document, path)
        target[name].append(holder[last])
        return document
    return edit


def both(*edits):
    def edit(document):
        for one in edits:
            document = one(document)
        return document
    return edit


def replace(old, new):
    """In a text: what must be there exactly once."""
    def edit(text):
        assert text.count(old) == 1, (old, text.count(old))
        return text.replace(old, new)
    return edit


def flip(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def flip64(text):
    return base64.b64encode(flip(base64.b64decode(text))).decode()


def bare(text):
    return text.rstrip("=")


def url_safe(text):
    return text.replace("+", "-").replace("/", "_")
