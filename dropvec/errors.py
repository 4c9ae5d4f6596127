"""The command line's errors.

CommandError              the message is for the operator, and the command ends
├── DeletionError         something could not be deleted
└── DeploymentError       there is no such deployment, or another version's
"""


class CommandError(Exception):
    """The command cannot do what was asked; the message says why, and what would help."""


class DeletionError(CommandError):
    """Something is left of what was to be deleted."""


class DeploymentError(CommandError):
    """The stack that was named is none that this command can work on."""
