/// Who may ask a service now: a few requests in flight for each identity, urgent ones first, and
/// none into a bucket that the service wants to be left alone. Source: webex-rest.md 10.
#pragma once
#include "base/result.hpp"
#include "runtime/random.hpp"
#include "runtime/task.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::webex {

/// What a request asks to enter. Its bucket is the identity and the resource together.
struct RateAsk {
  std::string identity;
  std::string resource;  ///< "/people"
  bool write = false;    ///< not a GET
  bool urgent = false;
  Uptime give_up{};  ///< waiting longer is of no use to the caller
};

/// One for a process: whatever talks to the service for an identity shares its places. Used on the
/// loop. First come, first served within urgent ones and within the others; who waits for a paused
/// bucket, or for the fewer places of writes, holds nobody up who need not. Urgent ones have places
/// of their own beside the others', and need none among those of writes.
class RateBuckets {
  struct State;

 public:
  struct Limits {
    std::size_t in_flight = 16;  ///< of one identity, urgent ones aside
    std::size_t writes = 12;     ///< among them
    std::size_t urgent = 4;      ///< beside them: urgent ones when the others are taken
  };
  RateBuckets(Clock& clock, Random& random, Limits limits);
  ~RateBuckets();
  RateBuckets(RateBuckets const&) = delete;
  RateBuckets& operator=(RateBuckets const&) = delete;

  /// A place among the requests in flight, given back when it dies.
  class Place {
   public:
    Place(std::weak_ptr<State> state, std::string identity, bool write)
        : state_(std::move(state)), identity_(std::move(identity)), write_(write) {}
    Place(Place&& other) noexcept = default;  // a moved-from weak_ptr is empty
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    std::weak_ptr<State> state_;
    std::string identity_;
    bool write_;
  };
  /// Errors: throttled when the bucket's pause is longer than the caller will wait, at once and
  /// with `retry_after`; timed_out when no place came free until then. Both are `not_done`.
  Task<Result<Place>> enter(RateAsk ask);

  /// The service wants quiet: nobody enters this bucket for `length` and up to a fifth more. A
  /// longer pause stays.
  void pause(std::string const& identity, std::string const& resource, Milliseconds length);

  /// The pause that holds up requests of this identity at this moment, the longest of them.
  struct Quiet {
    std::string resource;
    Milliseconds left{};
    std::size_t waiting = 0;  ///< requests that wait for its end
  };
  std::optional<Quiet> quiet(std::string_view identity) const;
  std::size_t waiting() const;
  std::size_t in_flight() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace wardroom::webex
