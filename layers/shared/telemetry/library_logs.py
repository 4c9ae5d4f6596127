"""What libraries may log."""

import logging


def keep_bodies_out() -> None:
    """Have botocore log no request and no answer, whatever level is set for everything.

    At DEBUG it writes both whole: what is embedded, put and asked.
    """
    botocore = logging.getLogger("botocore")
    if botocore.level != logging.WARNING:  # to set it empties what every logger remembers
        botocore.setLevel(logging.WARNING)
