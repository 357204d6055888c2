"""Every change of the clocks from 2020 to 2045 as Python's zoneinfo sees it, for some zones.

zone_changes.py SEED COUNT: a line a zone, NAME OFFSET [AT OFFSET]..., seconds. Some zones are always
there, COUNT are drawn. Python reads the same files with a reader of its own.
"""
import random
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, available_timezones

ALWAYS = [
    "Europe/Vienna", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Nuuk",
    "America/Santiago", "Africa/Casablanca", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu",
    "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati",
    "Antarctica/Troll", "Etc/UTC", "UTC",
]
DAY = 86400
BEGIN = int(datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp())
END = int(datetime(2046, 1, 1, tzinfo=timezone.utc).timestamp())


def changes(zone):
    def offset(at):
        return int(datetime.fromtimestamp(at, zone).utcoffset().total_seconds())

    out = [offset(BEGIN)]
    for day in range(BEGIN, END, DAY):
        low, high = day, day + DAY
        if offset(low) == offset(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(middle) == offset(low):
                low = middle
            else:
                high = middle
        out += [high, offset(high)]
    return out


random.seed(int(sys.argv[1]))
every = sorted(available_timezones() - {"localtime", "Factory"})
for name in ALWAYS + random.sample(every, int(sys.argv[2])):
    if "/" not in name and name != "UTC" and not name.isalnum():
        continue
    print(name, *changes(ZoneInfo(name)))
