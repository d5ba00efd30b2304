"""What the uses of generated clients share: the context that `run` hands over, and answers of the right status and type."""
import json, sys
from uuid import UUID

CONTEXT = json.loads(sys.argv[1])


def connected(client_class):
    """An AuthenticatedClient of the generated package, signed in; a status that the document does not have is an error."""
    others = {name: value for name, value in CONTEXT["headers"].items() if name != "authorization"}
    return client_class(base_url=CONTEXT["address"], token=CONTEXT["token"], headers=others, raise_on_unexpected_status=True)


def identifier(name):
    return UUID(CONTEXT["ids"][name])


def data(response, status=200):
    """The data of an answer with that status."""
    assert response.status_code == status, (response.status_code, response.content)
    return response.parsed.data


def refused(response, status, code):
    """The error of an answer with that status and code."""
    assert response.status_code == status, (response.status_code, response.content)
    assert response.parsed.error.code == code, response.content
    return response.parsed.error
