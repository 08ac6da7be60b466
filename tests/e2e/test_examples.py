"""The examples of the vendors' own pages run as they are printed: only the host is another."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.serving import make_server

from relay.app import create_app
from relay.core.ids import new_id
from relay.core.secrets import hash_key
from relay.runtime import Runtime
from relay.services import configure
from relay.store.tables import api_keys, lead_versions, leads, projects
from tests.e2e.conftest import QuietHandler

EXAMPLES = Path(__file__).parent / "examples"
HOSTS = ("https://app.leadtrackr.io", "https://your-domain.com", "https://octanist.com")

PROJECT = {
    "projects": [
        {
            "id": "your-project-id",
            "sources": [
                {
                    "name": "calls",
                    "kind": "trackdrive",
                    "settings": {"owner": "schedule", "token": "YOUR_TOKEN"},
                }
            ],
        }
    ]
}
KEYS = ("your-api-key-here", "<api-key>", "your_api_key")
"""What the pages write where a key belongs; too short to be given to a project otherwise."""

RUNNERS = {
    ".sh": ["bash", "-c"],
    ".js": ["node", "--input-type=module", "-e"],
    ".php": ["php", "-r"],
}


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    """The address of a relay whose project has the names that the pages use."""
    configure.apply(runtime, PROJECT)
    _add_keys(runtime)
    app = create_app(runtime)
    server = make_server(
        "127.0.0.1", runtime.config.port, app, threaded=True, request_handler=QuietHandler
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield runtime.config.public_url
    server.shutdown()
    thread.join()
    server.server_close()


def _add_keys(runtime: Runtime) -> None:
    with runtime.database.write() as connection:
        project = connection.execute(sa.select(projects.c.id)).scalar_one()
        for key in KEYS:
            row = {"id": new_id(), "project_id": project, "name": key, "hash": hash_key(key)}
            row |= {"hint": key[-4:], "scopes": ["read", "write"]}
            connection.execute(sa.insert(api_keys).values(**row, created_at=runtime.clock.now()))


def run(name: str, address: str) -> str:
    """What an example prints."""
    path = EXAMPLES / name
    command = RUNNERS[path.suffix]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on this machine")
    text = path.read_text(encoding="utf-8")
    for host in HOSTS:
        text = text.replace(host, address)
    ran = subprocess.run([*command, text], capture_output=True, text=True, timeout=30, check=True)
    return ran.stdout


def stored(runtime: Runtime) -> list[Any]:
    """The leads' documents, oldest first."""
    newest = sa.and_(
        lead_versions.c.lead_id == leads.c.id, lead_versions.c.version == leads.c.version
    )
    query = sa.select(lead_versions.c.document).join(leads, newest).order_by(leads.c.number)
    with runtime.database.read() as connection:
        return list(connection.execute(query).scalars())


def test_leadtrackr_create_lead(runtime: Runtime, address: str) -> None:
    answer = json.loads(run("leadtrackr_create_lead.sh", address))
    assert answer == {
        "message": "Lead created successfully",
        "leadId": 1,
        "uniqueIdentifier": "crm-lead-456",
    }
    again = json.loads(run("leadtrackr_create_lead.sh", address))
    assert again == answer | {"message": "Lead updated successfully"}
    (lead,) = stored(runtime)
    assert lead["contact"]["company"] == "Acme Inc."


@pytest.mark.parametrize("language", ["sh", "js", "php"])
def test_leadtrackr_create_server_side_lead(language: str, runtime: Runtime, address: str) -> None:
    printed = run(f"leadtrackr_create_server_side_lead.{language}", address)
    assert "Lead created successfully" in printed
    assert "crm-lead-789" in printed
    (lead,) = stored(runtime)
    assert lead["attribution"]["click_ids"]["gclid"] == "xyz789"
    assert lead["contact"]["email"] == "jane@example.com"


def test_leadtrackr_get_leads(address: str) -> None:
    run("leadtrackr_create_lead.sh", address)
    answer = json.loads(run("leadtrackr_get_leads.sh", address))
    assert answer["message"] == "Leads retrieved"
    assert (answer["total"], answer["page"], answer["limit"]) == (1, 1, 10)
    (lead,) = answer["leads"]
    assert (lead["id"], lead["status"], lead["formName"]) == (1, "open", "Contact Form")
    assert lead["formData"]["uniqueEventId"] == "evt_abc123"


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("trackdrive_form.sh", ("loan_amount", "500")),
        ("trackdrive_json.sh", ("interest", "kittens")),
    ],
)
def test_trackdrive(name: str, token: tuple[str, str], runtime: Runtime, address: str) -> None:
    answer = json.loads(run(name, address))
    assert answer["success"] is True
    assert answer["lead"]["caller_id"] == "+18004506787"
    (lead,) = stored(runtime)
    assert lead["tokens"][token[0]] == token[1]


def test_trackdrive_address_with_traffic_source(runtime: Runtime, address: str) -> None:
    printed = (EXAMPLES / "trackdrive_address.txt").read_text(encoding="utf-8")
    whole = "".join(line.strip() for line in printed.splitlines())
    url = whole.replace("https://your-domain.com", address)
    ran = subprocess.run(
        ["curl", "-sS", "-X", "POST", url], capture_output=True, text=True, timeout=30, check=True
    )
    assert json.loads(ran.stdout)["success"] is True
    (lead,) = stored(runtime)
    assert lead["contact"]["phone"]["e164"] == "+17192223333"
    attribution = lead["attribution"]
    assert attribution["traffic_source_id"] == "google_ads"
    assert attribution["sub_id"] == "a1b2c3d"


@pytest.mark.parametrize("name", ["octanist_create.sh", "octanist_create_short.sh"])
def test_octanist_create(name: str, runtime: Runtime, address: str) -> None:
    answer = json.loads(run(name, address))
    assert answer["success"] is True
    assert answer["data"]["message"] == "Lead added"
    assert answer["data"]["id"].startswith("lead_")
    assert answer["meta"]["requestId"].startswith("req_")
    (lead,) = stored(runtime)
    assert lead["contact"]["phone"]["raw"] == "+1234567890"
