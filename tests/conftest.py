from hypothesis import settings

settings.register_profile("soak")
"""What `make soak` chooses, for many times as many examples."""
