"""What the callers of the local endpoint may do: their roles' statements, held against each request.

S3 Vectors judges the requests that it gets by itself, with the same evaluator.
"""

from local.authorization.assumed_roles import AssumedRoles, Role
from local.authorization.authorized import Authorized
from local.authorization.signature import Signature

__all__ = ["AssumedRoles", "Authorized", "Role", "Signature"]
