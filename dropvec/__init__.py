"""The operator's command line: `dropvec`."""
