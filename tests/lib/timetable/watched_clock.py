"""When timetables are due, told by somebody who watches a clock on the wall.

watched_clock.py SEED YEARS: a line a case, TIMETABLE;FROM;UNTIL;DUE…, times in seconds since 1970.
All zones; so many of the years 2020 to 2040, drawn by the seed; each change of the clocks with the
times beside it and in its gap or repetition, and ordinary weeks.

It knows nothing of gaps and repeated times: it looks at the clock each minute. When the clock shows
more than it ever did, whatever was written down for the times since is due, once. Offsets come from
Python's zoneinfo.
"""
import random
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MINUTE, DAY = 60, 86400
EPOCH = date(1970, 1, 1)
random.seed(int(sys.argv[1]))
YEARS = sorted(random.sample(range(2020, 2041), min(21, int(sys.argv[2]))))


def offset(zone, at):
    return int(datetime.fromtimestamp(at, zone).utcoffset().total_seconds())


def changes(zone, year):
    """The seconds at which the offset changes."""
    out = []
    step = DAY
    at = int(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp())
    end = int(datetime(year + 1, 1, 1, tzinfo=timezone.utc).timestamp())
    before = offset(zone, at)
    while at < end:
        after = offset(zone, at + step)
        if after != before:
            low, high = at, at + step
            while high - low > 1:
                middle = (low + high) // 2
                if offset(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            out.append(high)
        at, before = at + step, after
    return out


def watch(zone, begin, end):
    """What the clock shows in each minute, in minutes since 1970."""
    out = []
    for quarter in range(begin, end, 15 * MINUTE):
        first, last = offset(zone, quarter), offset(zone, quarter + 14 * MINUTE)
        for at in range(quarter, quarter + 15 * MINUTE, MINUTE):
            out.append((at + (first if first == last else offset(zone, at))) // MINUTE)
    return out


def ordinal(day):
    if 10 <= day <= 20:
        return f"{day}th"
    return f"{day}" + {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def due(clock, begin, is_day, times, tell_from):
    """Looks at the clock each minute."""
    out = []
    high = clock[0]
    minute_of = set(times)
    days = {}

    def today(minutes):
        number = minutes // 1440
        if number not in days:
            days[number] = is_day(EPOCH + timedelta(days=number))
        return days[number]

    for i in range(1, len(clock)):
        shown = clock[i]
        if shown <= high:
            continue
        if shown == high + 1:
            hit = shown % 1440 in minute_of and today(shown)
        else:
            hit = any(m % 1440 in minute_of and today(m) for m in range(high + 1, shown + 1))
        if hit:
            at = begin + i * MINUTE
            if at > tell_from:
                out.append(at)
        high = shown
    return out


def draw_days(near):
    """Text before the times, and which dates it means."""
    style = random.randrange(5)
    if style == 0:
        return "", lambda day: True
    if style <= 2:
        some = set(random.sample(range(7), random.randrange(1, 6))) | {near.weekday()}
        if len(some) < 7:
            return ",".join(DAYS[d] for d in sorted(some)) + " ", lambda day: day.weekday() in some
        return "", lambda day: True
    some = {near.day} | set(random.sample(range(1, 32), random.randrange(0, 4)))
    words = [ordinal(d) for d in sorted(some)]
    last = style == 4
    if last:
        words.append("last")
    return (",".join(words) + " ",
            lambda day: day.day in some or (last and (day + timedelta(days=1)).day == 1))


def hour_text(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def tell(name, prefix, times, begin, end, moments):
    text = f"{prefix}{','.join(hour_text(t) for t in sorted(times))} {name}"
    print(text, begin, end, " ".join(map(str, moments)), sep=";")


def case(name, clock, start, begin, prefix, is_day, times):
    moments = due(clock, start, is_day, times, begin)
    tell(name, prefix, times, begin, start + (len(clock) - 1) * MINUTE, moments)


def minutes_beside(zone, change):
    """Times of the day at, before and after what the clocks skip or repeat."""
    before, after = (change - 1 + offset(zone, change - 1)) // MINUTE + 1, \
        (change + offset(zone, change)) // MINUTE
    low, high = min(before, after), max(before, after)
    middle = (low + high) // 2
    return {m % 1440 for m in (low - 1, low, low + 1, middle, high - 1, high, high + 1)}


for name in sorted(available_timezones()):
    if name in ("localtime", "Factory"):
        continue
    zone = ZoneInfo(name)
    for year in YEARS:
        for change in changes(zone, year):
            start = (change - 2 * DAY) // (15 * MINUTE) * 15 * MINUTE
            clock = watch(zone, start, change + 3 * DAY // 2)
            begin = start + DAY
            beside = minutes_beside(zone, change)
            case(name, clock, start, begin, "", lambda day: True, beside)
            near = EPOCH + timedelta(days=(change + offset(zone, change)) // DAY)
            prefix, is_day = draw_days(near)
            times = set(random.sample(sorted(beside), 2)) | {random.randrange(1440)}
            case(name, clock, start, begin, prefix, is_day, times)
    # Ordinary days of one of the years.
    start = int(datetime(random.choice(YEARS), random.randrange(1, 13), random.randrange(1, 29),
                         tzinfo=timezone.utc).timestamp())
    clock = watch(zone, start, start + 5 * DAY)
    prefix, is_day = draw_days(EPOCH + timedelta(days=start // DAY + 2))
    case(name, clock, start, start + DAY, prefix, is_day,
         set(random.sample(range(1440), random.randrange(1, 5))))
