"""Property tests measure what is true, not how fast a busy machine is, and try the same examples each time.

``--hypothesis-profile explore`` tries others, and more of them.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "explore", settings.get_profile("unhurried"), derandomize=False, max_examples=2000, print_blob=True
)
settings.load_profile("unhurried")
