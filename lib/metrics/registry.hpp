/// Counters, gauges and histograms of the daemon. An owner asks for its metric once and keeps the
/// reference: counting is then one addition. Used on the loop only.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace wardroom::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_ += n; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_ = value; }
  void add(double by) { value_ += by; }
  double value() const { return value_; }

 private:
  double value_ = 0;
};

/// Fixed upper bounds; what exceeds the last one falls into +Inf.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);

  std::vector<double> const& bounds() const { return bounds_; }
  /// Per bucket, not cumulative; one more than bounds.
  std::vector<std::uint64_t> const& counts() const { return counts_; }
  double sum() const { return sum_; }
  std::uint64_t count() const { return count_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
  std::uint64_t count_ = 0;
};

/// Seconds, 100 us … 10 s.
std::vector<double> latency_bounds();

enum class Kind { counter, gauge, histogram };

struct Sample {
  Labels labels;
  std::variant<double, Histogram const*> value;
};
struct Family {
  std::string name, help;
  Kind kind = Kind::counter;
  std::vector<Sample> samples;
};

/// Names begin with wardroom_, counters end in _total. The same name and labels give the same
/// metric again; another kind or help under a known name, or a name or label that Prometheus would
/// refuse, is a broken invariant and throws.
class Registry {
 public:
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                       Labels labels = {});
  /// Asked at each reading; for what somebody counts already. `read` must outlive no owner: the
  /// registry is read only while everything it asks is alive.
  void watch(Kind kind, std::string_view name, std::string_view help, Labels labels,
             std::function<double()> read);

  /// By name, in the order of first mention within a name. Histograms are pointed at.
  std::vector<Family> read() const;

 private:
  using Read = std::function<double()>;
  struct Metric {
    Labels labels;
    std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>, Read>
        what;
  };
  struct Entry {
    std::string help;
    Kind kind = Kind::counter;
    std::vector<Metric> metrics;
  };
  Entry& entry(Kind kind, std::string_view name, std::string_view help, Labels const& labels);
  template <class T>
  T* known(Entry& entry, Labels const& labels);
  template <class T>
  T& add(Entry& entry, Labels labels, std::unique_ptr<T> fresh);

  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace wardroom::metrics
