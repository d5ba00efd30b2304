"""Requests at records that are there: a generated id names none, and what is asked of none is only ever refused.

Loaded by Schemathesis, with the site in the file that ATLAS_CONTEXT names. In most requests whose path or body is as the document says, ids
become those of real records; whatever ends a record or its state gets one made for it, so that others may go on asking for theirs. What is
generated against the document stays as it is.
"""
import json, os, random, sys, threading

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from sites import SITES, Refused, Served

with open(os.environ["ATLAS_CONTEXT"]) as file: CONTEXT = json.load(file)
SITE = SITES[CONTEXT["site"]]
SERVED = Served.of(SITE, CONTEXT)
# For each list, how to make one more of its records.
SEEDS = {path: (name, fields) for name, path, fields in reversed(SITE.seeds)}
RANDOM, LOCK = random.Random(20260101), threading.Lock()
REAL, LISTED = 0.75, {}


def chance():
    with LOCK: return RANDOM.random() < REAL


def choice(values):
    with LOCK: return RANDOM.choice(values) if values else None


@schemathesis.hook
def filter_case(context, case):
    # A server ignores headers that it does not know (RFC 9110 section 5.1): such a request is no violation.
    if any(name.lower() == "x-schemathesis-unknown-property" for name in case.headers or {}): return False
    # What ends the caller's own rights.
    own = case.path.startswith(("/api/v1/me", "/api/v1/users", "/api/v1/tenants", "/api/v1/memberships", "/api/v1/batch"))
    return not (own and isinstance(case.body, dict) and any(name in case.body for name in SITE.own_rights))


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path.removeprefix("/api/v1")
    if fits(case, ParameterLocation.PATH) and case.path_parameters and chance():
        values = {name: of_path(path, case.operation.method.upper(), name) or value for name, value in case.path_parameters.items()}
        case.path_parameters = values
    if fits(case, ParameterLocation.BODY) and isinstance(case.body, (dict, list)) and chance():
        # `/posts/{id}/tags` takes ids of tags; `/tags/reorder` those of its list.
        body = real(case.body, path.rsplit("/", 1)[-1], SERVED.lists.get(path.removesuffix("/reorder")))
        if body != case.body: case.body = body


def fits(case, location):
    component = case.meta.components.get(location) if case.meta else None
    return component is not None and component.mode == GenerationMode.POSITIVE


def of_path(path, method, name):
    """A value for that parameter of that path."""
    listed, _, rest = path.partition("/{id}")
    if name == "member": return choice(SITE.values(path.split("/")[-2], SERVED.ids))
    if name != "id": return choice(SITE.values(name, SERVED.ids))
    known = SERVED.lists.get(listed)
    isStep = method == "POST" and f"{listed}/{{id}}{rest}" in CONTEXT["steps"]
    if method == "DELETE" and not rest or isStep: return fresh(listed, isDeleted=rest == "/restore") or None
    return choice(known) if known else choice(visible(listed)) if method == "GET" else None


def visible(listed):
    """Ids that a list without seeds has shown."""
    if not LISTED.get(listed):
        try: LISTED[listed] = [row["id"] for row in SERVED.ask("GET", listed) if "id" in row]
        except (Refused, TypeError, KeyError): LISTED[listed] = []
    return LISTED[listed]


def fresh(listed, isDeleted):
    """A record of that list which nobody else asks for."""
    if listed not in SEEDS: return None
    try:
        id = SERVED.make(listed, SEEDS[listed][1])["id"]
        if isDeleted: SERVED.ask("DELETE", f"{listed}/{id}")
        return id
    except Refused:
        return None


def real(value, name, ids):
    """The value with ids of records that are there, wherever a member refers to one."""
    if isinstance(value, dict):
        # The id of a row inside another record: without it, it is a new one.
        kept = {key: item for key, item in value.items() if key != "id" or SITE.values(name, SERVED.ids)}
        return {key: real(item, name if key == "id" else key, ids) for key, item in kept.items()}
    values = ids if name == "ids" else SITE.values(name, SERVED.ids)
    if isinstance(value, list): return [real(value[0], name, ids)] if values and value else [real(item, name, ids) for item in value]
    return choice(values) if values and isinstance(value, str) else value
