"""How a learner's process gives way."""

import json
import os
import subprocess
import sys

import pytest

ASK = """
import json, os
from querist.server.priority import step_back
step_back(spare={spare})
print(json.dumps([sorted(os.sched_getaffinity(0)), os.nice(0), os.sched_getscheduler(0)]))
"""


def stepped_back(spare):
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(spare=spare)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_one_core_is_left_and_a_long_training_takes_what_nobody_wants():
    own = sorted(os.sched_getaffinity(0))
    cores, nice, policy = stepped_back(False)
    assert cores == (own[1:] or own) and nice == min(19, os.nice(0) + 10) and policy == os.SCHED_OTHER
    cores, nice, policy = stepped_back(True)
    assert cores == (own[1:] or own) and nice == min(19, os.nice(0) + 19) and policy == os.SCHED_IDLE
