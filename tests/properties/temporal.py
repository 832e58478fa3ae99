"""Generated temporal values: of all years, all offsets, many zones; moments around changes of clocks are frequent."""

from hypothesis import strategies as st

from memgraph_py.values.calendar import DAYS_MAX, DAYS_MIN
from memgraph_py.values.temporal import Date, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import DAY, DAY_SECONDS, SECOND, Zone, date_time_at
from memgraph_py.values.zones import OFFSET_MAX

ZONES = ["UTC", "Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"]
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)

days = st.integers(DAYS_MIN, DAYS_MAX) | st.integers(-800_000, 800_000) | st.sampled_from([DAYS_MIN, DAYS_MAX])
nanoseconds_of_second = st.integers(0, SECOND - 1) | st.sampled_from([0, 1, 500_000_000, 120_000, SECOND - 1])
times = st.integers(0, DAY - 1) | st.integers(0, 86_399).map(lambda seconds: seconds * SECOND)
offsets = st.integers(-OFFSET_MAX, OFFSET_MAX) | st.sampled_from([0, 3_600, -3_600])
seconds = st.integers((DAYS_MIN + 1) * DAY_SECONDS, DAYS_MAX * DAY_SECONDS) | st.integers(-(1 << 32), 1 << 33)

dates = st.builds(Date, days)
local_times = st.builds(LocalTime, times)
zoned_times = st.builds(Time, times, offsets)
local_date_times = st.builds(LocalDateTime, seconds, nanoseconds_of_second)
zones = st.builds(Zone, offsets) | st.builds(Zone, st.none(), st.sampled_from(ZONES))
date_times = st.builds(date_time_at, seconds, nanoseconds_of_second, zones)
small = st.integers(-100_000, 100_000)
durations = st.builds(Duration, INT64, INT64, INT64, nanoseconds_of_second) | st.builds(
    Duration, small, small, small, nanoseconds_of_second
)
small_durations = st.builds(Duration, small, small, small, nanoseconds_of_second)
instants = dates | local_times | zoned_times | local_date_times | date_times
temporals = instants | durations
