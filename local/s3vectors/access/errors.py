"""``PolicyError``, a ValueError: a policy that cannot be evaluated here."""


class PolicyError(ValueError):
    """A policy statement of a wrong form, or with an element that is not supported."""
