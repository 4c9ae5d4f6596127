"""Whatever happens on the way: when things come to rest, every index equals the bucket."""

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.convergence.machine import Convergence

PARTS = 8
"""To be run at once."""

EXAMPLES = 5_000 if settings.get_current_profile_name() == "soak" else 200


@pytest.mark.parametrize("part", range(PARTS))
def test_every_index_equals_the_bucket_once_all_is_at_rest(part):
    run_state_machine_as_test(
        seed(part)(Convergence),
        settings=settings(
            max_examples=EXAMPLES // PARTS,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
