"""An answer as JSON, JSONP or XML. They have the same content: in XML, what is single is an attribute."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from starlette.responses import Response

from spotrec import __version__
from spotrec.serve.answers import as_bytes
from spotrec.serve.opensubsonic.failures import GENERIC, Failure
from spotrec.serve.opensubsonic.parameters import Parameters

VERSION = "1.16.1"
"""The last version of Subsonic's protocol, which OpenSubsonic extends."""

_NAMESPACE = "http://subsonic.org/restapi"
_TEXT = "value"
"""What is the text of an element in XML, where JSON has a name for it: the name of a genre in a list of genres."""
_LISTS = frozenset({"album", "artist", "child", "entry", "genre", "playlist", "similarArtist", "song"})
"""Lists that are left out if they are empty, as Subsonic does: players ask for more until a list is not there."""

_HEADERS = {"Cache-Control": "no-store"}
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]{0,99}(?:\.[A-Za-z_$][\w$]{0,99}){0,5}", re.ASCII)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def encoded(content: Mapping[str, Any], parameters: Parameters) -> Response:
    """Return an answer in the format that the request wants.

    Raises:
        Failure: JSONP without the name of a function.
    """
    return _in_format(content, "ok", parameters)


def encoded_failure(failure: Failure, parameters: Parameters) -> Response:
    """Return an error in the format that the request wants."""
    content = {"error": {"code": failure.code, "message": failure.message}}
    try:
        return _in_format(content, "failed", parameters)
    except Failure:
        return _json(_whole(content, "failed"))


def _in_format(content: Mapping[str, Any], status: str, parameters: Parameters) -> Response:
    whole = _whole(content, status)
    match parameters.text("f", "xml"):
        case "json":
            return _json(whole)
        case "jsonp":
            callback = parameters.need("callback")
            if not _CALLBACK.fullmatch(callback):
                raise Failure(GENERIC, "“callback” is not the name of a function")
            # the comment keeps other programs from reading a file of their own format in it
            script = b"/**/" + callback.encode() + b"(" + as_bytes(whole) + b");"
            return Response(script, headers=_HEADERS, media_type="application/javascript; charset=utf-8")
    return Response(as_xml(whole["subsonic-response"]), headers=_HEADERS, media_type="text/xml")


def _json(whole: Mapping[str, Any]) -> Response:
    return Response(as_bytes(whole), headers=_HEADERS, media_type="application/json")


def _whole(content: Mapping[str, Any], status: str) -> dict[str, Any]:
    head = {
        "status": status,
        "version": VERSION,
        "type": "spotrec",
        "serverVersion": __version__,
        "openSubsonic": True,
    }
    return {"subsonic-response": head | {name: _without_empty_lists(value) for name, value in content.items()}}


def _without_empty_lists(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: one for name, one in value.items() if one != [] or name not in _LISTS}


def as_xml(content: Mapping[str, Any]) -> bytes:
    """Return an answer as XML. Characters that XML cannot have are replaced."""
    root = ET.Element("subsonic-response", {"xmlns": _NAMESPACE})
    _fill(root, content)
    found: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    return found


def _fill(element: ET.Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        if isinstance(value, Mapping):
            _fill(ET.SubElement(element, name), value)
        elif isinstance(value, list):
            for one in value:
                below = ET.SubElement(element, name)
                if isinstance(one, Mapping):
                    _fill(below, one)
                else:
                    below.text = _text(one)
        elif name == _TEXT:
            element.text = _text(value)
        else:
            element.set(name, _text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_IN_XML.sub("\ufffd", str(value))
