"""What schemathesis cannot know of the description: a page token is one that an answer had."""

import schemathesis

from querying.query import MAX_TOKEN_CHARACTERS


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Leave out a made-up token whose form is valid: it would be refused, and rightly so."""
    for values in (case.query, case.body):
        token = values.get("next_token") if isinstance(values, dict) else None
        if isinstance(token, str) and 1 <= len(token) <= MAX_TOKEN_CHARACTERS:
            del values["next_token"]
