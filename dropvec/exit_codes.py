"""What the command's exit codes mean; 2 is argparse's, for wrong arguments."""

DONE = 0
FAILED = 1
DIFFERENT = 3
"""A dry run found something that is to be done."""
INTERRUPTED = 130
"""As a shell has it of a program that Ctrl-C ended."""
