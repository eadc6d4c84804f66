"""A server on this machine that speaks S3, with one empty bucket."""

import logging
from contextlib import contextmanager

import s3fs
from moto.server import ThreadedMotoServer

BUCKET = "recordings"
LOOPBACK = "127.0.0.1"


@contextmanager
def object_store(monkeypatch):
    """Lend the URL of the bucket; processes find server and keys in their environment."""
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir(BUCKET)
        yield f"s3://{BUCKET}"
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.stop()
