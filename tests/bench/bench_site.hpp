/// Daemons under measurement: started with many known people, and with an XSP that sends events.
#pragma once
#include "bench/bench_xsp.hpp"
#include "support/site.hpp"

namespace wardroom::bench {

/// What starting took until the daemon answered.
struct Started {
  double seconds = 0;
  double rss_mib = 0, peak_rss_mib = 0;
};
Started start_timed(test::Site& site);

/// Fills the store, starts the daemon against `xsp` and returns once it has subscribed and has
/// joined its directories: what is measured then is a site at work. The first `blocked_people` are
/// to be blocked.
void start_with_events(test::Site& site, boost::asio::io_context& io, BenchXsp& xsp, int people,
                       int blocked_people);

/// Sends `rate` events a second for `seconds`, every tenth of a blocked person, and waits for what
/// they cause.
void drive(boost::asio::io_context& io, BenchXsp& xsp, double rate, double seconds, int people,
           int blocked_people);

}  // namespace wardroom::bench
