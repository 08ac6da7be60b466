"""The bare Flask handler that accepting is measured against."""

from flask import Flask, request


def make_app() -> Flask:
    """Read the body, answer."""
    app = Flask("bare")

    @app.post("/in/bare")
    def accept() -> dict[str, object]:
        return {"ok": True, "size": len(request.get_data())}

    return app
