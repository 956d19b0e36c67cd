"""What holds for every test."""

from hypothesis import settings

# how long an example takes is the machine's business; times are measured in benchmarks/
settings.register_profile("gridplan", deadline=None)
settings.load_profile("gridplan")
