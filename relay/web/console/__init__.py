"""The web view: one module a page, one template folder a page, shared parts once.

`register` puts it into the application. Pages of a project live under /console/p/<project>/.
"""

from flask import Blueprint, Flask

from relay.web.console import (
    account,
    acts,
    alike,
    api_keys,
    assets,
    audit,
    books,
    bulk,
    configuration,
    deliveries,
    door_keys,
    failures,
    fixing,
    kind_tiles,
    lead,
    lead_bodies,
    lead_fields,
    leads,
    links,
    mapping,
    members,
    notices,
    overview,
    panel,
    people,
    persons,
    privacy,
    problems,
    project,
    project_map,
    projects,
    receipt,
    reference,
    reports,
    routes,
    rules,
    security,
    session,
    settings,
    shelves,
    show,
    sign_on,
    sources,
    submit,
    tail,
    targets,
    traffic,
    trial,
    uploads,
    veil,
    views,
)

IN_A_PROJECT = (
    overview,
    deliveries,
    acts,
    views,
    bulk,
    leads,
    lead,
    lead_bodies,
    lead_fields,
    receipt,
    alike,
    submit,
    uploads,
    trial,
    shelves,
    fixing,
    problems,
    notices,
    reports,
    traffic,
    books,
    sources,
    mapping,
    door_keys,
    rules,
    targets,
    routes,
    project_map,
    settings,
    members,
    audit,
    privacy,
    persons,
    api_keys,
    configuration,
)
"""The pages of a project, each with its own `pages`."""


def register(app: Flask) -> None:
    """Add the console: its pages, sign-in, security headers and template filters."""
    console = Blueprint("console", __name__, url_prefix="/console")
    security.set_up(app, console)
    session.set_up(app, console)
    show.set_up(console)
    veil.set_up(console)
    tail.set_up(console)
    kind_tiles.set_up(console)
    panel.set_up(console)
    assets.set_up(app, console)
    failures.set_up(console)
    console.register_blueprint(session.pages)
    for outside in (
        links.pages,
        account.pages,
        sign_on.pages,
        people.pages,
        projects.pages,
        audit.whole,
        api_keys.whole,
        configuration.whole,
    ):
        console.register_blueprint(outside)
    console.register_blueprint(_project_pages())
    reference.set_up(app)
    submit.set_up(app)
    console.add_url_rule("/", "home", project.home)
    app.register_blueprint(console)
    app.add_url_rule("/", "root", project.root)


def _project_pages() -> Blueprint:
    inside = Blueprint("project", __name__, url_prefix="/p/<project>")
    project.set_up(inside)
    for pages in dict.fromkeys(page.pages for page in IN_A_PROJECT):  # some have theirs together
        inside.register_blueprint(pages)
    return inside
