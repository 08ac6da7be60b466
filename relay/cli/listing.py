"""`leads` and `deliveries`: what there is, and everything that is known of one."""

import json
from datetime import datetime
from typing import Any

import click

from relay.cli import choosing
from relay.cli.command import OnRuntime
from relay.cli.show import cell, clean, emit, facts, json_option, table
from relay.runtime import Runtime, current
from relay.services import browse, finding
from relay.services.browse import Row
from relay.services.trace import Chain, lead_chain


@click.command(cls=OnRuntime)
@click.argument("lead", required=False)
@click.option("--text", default="", help="Only about this: a name, address, number or company.")
@choosing.source_option
@choosing.project_option
@choosing.limit_option
@json_option
def leads(
    lead: str | None,
    text: str,
    source: str | None,
    project: str | None,
    limit: int,
    *,
    machine: bool,
) -> None:
    """List leads, newest first; with LEAD (its number or id) show its whole way."""
    rt = current()
    if lead is not None:
        chain = lead_chain(rt, finding.find_id(rt, "lead", lead))
        if chain is not None:
            emit(_chain_json(chain)) if machine else _print_chain(chain)
        return
    owner = choosing.project_id(rt, project)
    source_id = finding.find_source(rt, source, owner).id if source else None
    rows = browse.leads(rt, owner, text=text, source=source_id, limit=limit).rows
    if machine:
        emit(rows)
        return
    table(
        ("number", "created", "name", "email", "phone", "source", "version", "id"),
        [
            (
                f"#{row['number']}",
                row["created_at"],
                row["name"],
                row["email"],
                row["phone"],
                row["source"],
                row["version"],
                row["id"],
            )
            for row in rows
        ],
    )


@click.command(cls=OnRuntime)
@click.argument("delivery", required=False)
@choosing.filter_options
@choosing.limit_option
@json_option
def deliveries(delivery: str | None, limit: int, *, machine: bool, **options: Any) -> None:
    """List deliveries, newest first; with DELIVERY (the beginning of its id) show its attempts."""
    rt = current()
    if delivery is not None:
        found = _delivery(rt, delivery)
        emit(found) if machine else _print_delivery(found)
        return
    rows = browse.deliveries(rt, choosing.chosen(rt, options), limit=limit).rows
    if machine:
        emit(rows)
        return
    table(
        ("created", "lead", "about", "event", "target", "state", "tries", "reason", "id"),
        [
            (
                row["created_at"],
                f"#{row['lead_number']}",
                row["lead_name"] or row["lead_email"] or row["lead_phone"],
                row["event"],
                row["target"],
                row["state"],
                row["attempts"],
                _why(row, rt.clock.now()),
                row["id"],
            )
            for row in rows
        ],
    )


def _why(row: Row, now: datetime) -> str | None:
    """The reason; what waits says first what it waits for, since that is not cut off."""
    waits = _waits(row, now) if row["state"] == "waiting" else None
    return ": ".join(part for part in (waits, row["reason"]) if part) or None


def _waits(row: Row, now: datetime) -> str | None:
    """What holds a waiting delivery back; None where nothing does, the words of the console."""
    if row["paused_at"]:
        return "the target is paused"
    if row["breaker"] == "open" and row["open_until"]:
        return f"the target keeps failing, until {cell(row['open_until'])}"
    if row["hold_until"] and row["hold_until"] > now:
        return f"held back until {cell(row['hold_until'])}"
    if row["after_id"]:
        return "an earlier one goes first"
    return f"due {cell(row['due_at'])}" if row["due_at"] > now else None


def _delivery(rt: Runtime, text: str) -> Row:
    """One delivery with its `attempts_made`, as the chain of its lead has it."""
    delivery_id = finding.find_id(rt, "delivery", text)
    row = browse.delivery(rt, delivery_id)
    chain = lead_chain(rt, row["lead_id"]) if row else None
    for one in chain.deliveries if chain else ():
        if one["id"] == delivery_id:
            return one
    raise finding.NotFound(f"There is no delivery {text}.")


def _chain_json(chain: Chain) -> dict[str, Any]:
    arrived = [{name: _text(value) for name, value in row.items()} for row in chain.submissions]
    return {
        "lead": chain.lead,
        "submissions": arrived,
        "versions": chain.versions,
        "status_changes": chain.changes,
        "deliveries": chain.deliveries,
    }


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _print_chain(chain: Chain) -> None:
    lead = chain.lead
    click.secho(f"Lead #{lead['number']} {lead['id']}", bold=True)
    facts(
        {
            "public id": lead["public_id"],
            "source": lead["source"],
            "created": lead["created_at"],
            "version": lead["version"],
            "status": lead["status"],
        }
    )
    click.echo(clean(json.dumps(chain.versions[-1]["document"], ensure_ascii=False, indent=2)))
    click.secho("Submissions", bold=True)
    table(
        ("received", "state", "size", "sha256", "id"),
        [
            (row["received_at"], row["state"], row["raw_size"], row["raw_sha256"][:12], row["id"])
            for row in chain.submissions
        ],
    )
    if chain.changes:
        click.secho("Status", bold=True)
        table(
            ("at", "state", "by", "change"),
            [
                (row["at"], row["state"], row["actor"], json.dumps(row["change"]))
                for row in chain.changes
            ],
        )
    for delivery in chain.deliveries:
        _print_delivery(delivery)


def _print_delivery(row: Row) -> None:
    click.secho(f"Delivery {row['id']}", bold=True)
    facts(
        {
            "event": f"{row['event']} of version {row['version']}",
            "target": row["target"],
            "state": row["state"],
            "reason": row["reason"],
            "due": row["due_at"] if row["state"] == "waiting" else None,
            "replay of": row["replay_of"],
            "remote record": row["remote_url"] or row["remote_id"],
        }
    )
    if row["attempts_made"]:
        table(
            ("started", "trigger", "outcome", "status", "error", "ms", "message"),
            [
                (
                    one["started_at"],
                    one["trigger"],
                    one["outcome"],
                    one["status"],
                    one["error"],
                    one["milliseconds"],
                    one["message"],
                )
                for one in row["attempts_made"]
            ],
        )
