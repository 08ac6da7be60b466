"""What a WSGI server loads: `gunicorn wsgi:app`."""

from relay.app import build_runtime, create_app
from relay.config import load_config

app = create_app(build_runtime(load_config()))
