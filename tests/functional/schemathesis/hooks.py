"""What schemathesis cannot know of the description: a page token is one that an answer had."""

import re

import schemathesis

from querying.query_schema import MAX_TOKEN_CHARACTERS

OF_A_LIST = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_TOKEN_CHARACTERS}}}")
OF_A_QUERY = re.compile(rf".{{1,{MAX_TOKEN_CHARACTERS}}}", re.DOTALL)


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Leave out a made-up token whose form is valid: it would be refused, and rightly so."""
    for values, form in ((case.query, OF_A_LIST), (case.body, OF_A_QUERY)):
        token = values.get("next_token") if isinstance(values, dict) else None
        if isinstance(token, str) and form.fullmatch(token):
            del values["next_token"]
