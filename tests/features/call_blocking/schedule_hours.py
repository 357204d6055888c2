"""Hours of fences, minute by minute, around changes of the clocks and at random.

schedule_hours.py SEED COUNT: a line a case, HOURS;FROM;TO;ACTIVE_AT_FROM;CHANGES, times in seconds
since 1970. It knows nothing of gaps and repeated times: it looks at what the clock shows in each
minute. Hours begin in the first minute whose clock shows their beginning or more, and end after the
last minute whose clock shows less than their end.
"""
import random
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONES = [
    "Europe/Vienna", "Europe/London", "America/New_York", "America/St_Johns", "America/Santiago",
    "America/Nuuk", "Africa/Casablanca", "Asia/Jerusalem", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Chatham", "UTC",
]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MINUTE, DAY = 60, 86400
EPOCH = datetime(1970, 1, 1)
random.seed(int(sys.argv[1]))


def shown(zone, begin, minutes):
    """What the clock shows in each minute, in seconds since 1970; offsets change on quarters."""
    out = []
    for quarter in range(0, minutes, 15):
        at = begin + quarter * MINUTE
        local = at + int(datetime.fromtimestamp(at, zone).utcoffset().total_seconds())
        out += [local + i * MINUTE for i in range(15)]
    return out


def near_change(zone, year):
    """A quarter of an hour in that year at which the offset changes, or any."""
    begin = int(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp())
    offsets = [datetime.fromtimestamp(begin + d * DAY, zone).utcoffset() for d in range(365)]
    days = [d for d in range(364) if offsets[d] != offsets[d + 1]]
    return begin + random.choice(days or range(365)) * DAY


def hour_text(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def draw_hours():
    days = sorted(random.sample(range(7), random.choice([1, 2, 5, 7])))
    style = random.randrange(4)
    if style == 0:  # around the time at which clocks change
        first, last = random.sample(range(0, 4 * 60, 15), 2)
    elif style == 1:
        first, last = random.sample(range(0, 1440), 2)
    elif style == 2:
        first, last = random.choice([(0, 1440), (22 * 60, 6 * 60), (0, 150), (150, 1440)])
    else:
        first, last = random.choice([(150, 180), (120, 150), (30, 60), (8 * 60, 18 * 60)])
    text = f"{hour_text(first)}-{hour_text(last)}"
    if len(days) < 7 or random.randrange(2):
        text = ",".join(DAYS[d] for d in days) + " " + text
    return days, first, last if last > first else last + 1440, text


def active_minutes(clock, dates, parts):
    active = [False] * len(clock)
    for days, first, last, _ in parts:
        for date in dates:
            if date.weekday() not in days:
                continue
            midnight = int((date - EPOCH).total_seconds())
            begin = next((i for i, c in enumerate(clock) if c >= midnight + first * MINUTE), None)
            before = [i for i, c in enumerate(clock) if c < midnight + last * MINUTE]
            if begin is None or not before:
                continue
            for i in range(begin, before[-1] + 1):
                active[i] = True
    return active


for case in range(int(sys.argv[2])):
    name = ZONES[case % len(ZONES)]
    zone = ZoneInfo(name)
    middle = near_change(zone, random.randrange(2020, 2041))
    begin = middle - 4 * DAY
    clock = shown(zone, begin, 9 * 1440)
    first_date = EPOCH + timedelta(seconds=clock[0] // DAY * DAY)
    dates = [first_date + timedelta(days=d) for d in range(-1, 12)]
    parts = [draw_hours() for _ in range(random.choice([1, 1, 2]))]
    active = active_minutes(clock, dates, parts)
    # The first and last two days may miss hours that began or end outside.
    low, high = 2 * 1440, 7 * 1440
    changes = [begin + i * MINUTE for i in range(low + 1, high) if active[i] != active[i - 1]]
    hours = "|".join(f"{part[3]} {name}" for part in parts)
    print(hours, begin + low * MINUTE, begin + high * MINUTE, int(active[low]),
          " ".join(map(str, changes)), sep=";")
