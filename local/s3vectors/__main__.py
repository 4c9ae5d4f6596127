"""``python -m local.s3vectors``: Amazon S3 Vectors on a port of this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from local.s3vectors.server import LocalServer
from local.s3vectors.service import S3VectorsService


def main() -> None:
    """Serve what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m local.s3vectors", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4601)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--data", type=Path, help="a folder that keeps everything; else memory")
    parser.add_argument("--write-rates", action="store_true", help="enforce the write quotas")
    arguments = parser.parse_args()

    service = S3VectorsService(data=arguments.data, region=arguments.region)
    service.enforce_write_rates(enforced=arguments.write_rates)
    server = LocalServer(service, host=arguments.host, port=arguments.port)
    with contextlib.closing(service), contextlib.suppress(KeyboardInterrupt), server:
        print(f"AWS_ENDPOINT_URL_S3VECTORS={server.url}", flush=True)  # noqa: T201 - its output
        server.join()


if __name__ == "__main__":
    main()
