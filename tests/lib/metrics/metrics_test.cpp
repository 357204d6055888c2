// Counting, and the text that Prometheus reads.
#include "metrics/prometheus_text.hpp"
#include "metrics/registry.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wardroom::metrics {
namespace {

TEST(Registry, gives_the_same_metric_for_the_same_name_and_labels) {
  Registry registry;
  auto& first = registry.counter("wardroom_posts_total", "Posts.", {{"result", "accepted"}});
  registry.counter("wardroom_posts_total", "Posts.", {{"result", "refused"}});
  first.add(2);
  EXPECT_EQ(&first, &registry.counter("wardroom_posts_total", "Posts.", {{"result", "accepted"}}));
  EXPECT_EQ(registry.read().size(), 1u);
  EXPECT_EQ(registry.read()[0].samples.size(), 2u);
}

TEST(Registry, refuses_what_prometheus_would_not_read_and_two_meanings_of_a_name) {
  Registry registry;
  EXPECT_THROW(registry.counter("posts_total", "x"), std::logic_error);
  EXPECT_THROW(registry.counter("wardroom_posts", "x"), std::logic_error);
  EXPECT_THROW(registry.gauge("wardroom_open_total", "x"), std::logic_error);
  EXPECT_THROW(registry.gauge("wardroom_bad-name", "x"), std::logic_error);
  EXPECT_THROW(registry.gauge("wardroom_open", "x", {{"le", "1"}}), std::logic_error);
  EXPECT_THROW(registry.histogram("wardroom_took", "x", {2, 1}), std::logic_error);
  registry.gauge("wardroom_open", "Open.");
  EXPECT_THROW(registry.gauge("wardroom_open", "Other."), std::logic_error);
  EXPECT_THROW(registry.watch(Kind::gauge, "wardroom_open", "Open.", {}, [] { return 1.0; }),
               std::logic_error);
}

TEST(PrometheusText, writes_help_type_and_escaped_values) {
  Registry registry;
  registry.counter("wardroom_posts_total", "Posts\\day,\nall.", {{"who", "a\"b\\c\nd"}}).add(3);
  registry.gauge("wardroom_age_seconds", "Age.").set(0.25);
  registry.watch(Kind::gauge, "wardroom_open", "Open connections.", {}, [] { return 12345678.0; });
  EXPECT_EQ(prometheus_text(registry.read()),
            "# HELP wardroom_age_seconds Age.\n"
            "# TYPE wardroom_age_seconds gauge\n"
            "wardroom_age_seconds 0.25\n"
            "# HELP wardroom_open Open connections.\n"
            "# TYPE wardroom_open gauge\n"
            "wardroom_open 12345678\n"
            "# HELP wardroom_posts_total Posts\\\\day,\\nall.\n"
            "# TYPE wardroom_posts_total counter\n"
            "wardroom_posts_total{who=\"a\\\"b\\\\c\\nd\"} 3\n");
}

TEST(PrometheusText, buckets_add_up) {
  Registry registry;
  auto& took = registry.histogram("wardroom_took_seconds", "Took.", {0.1, 1}, {{"what", "x"}});
  for (double value : {0.05, 0.1, 0.5, 7.0}) took.observe(value);
  EXPECT_EQ(prometheus_text(registry.read()),
            "# HELP wardroom_took_seconds Took.\n"
            "# TYPE wardroom_took_seconds histogram\n"
            "wardroom_took_seconds_bucket{what=\"x\",le=\"0.1\"} 2\n"
            "wardroom_took_seconds_bucket{what=\"x\",le=\"1\"} 3\n"
            "wardroom_took_seconds_bucket{what=\"x\",le=\"+Inf\"} 4\n"
            "wardroom_took_seconds_sum{what=\"x\"} 7.65\n"
            "wardroom_took_seconds_count{what=\"x\"} 4\n");
}

}  // namespace
}  // namespace wardroom::metrics
