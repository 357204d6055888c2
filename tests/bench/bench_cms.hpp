/// Meeting servers for measuring: calls with people who come and go, records posted as a bridge
/// does it (one post under way a bridge, what happens meanwhile goes into the next), an API that
/// answers at once, and the moment each notice arrives.
#pragma once
#include "bench/figures.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::bench {

class BenchCms {
 public:
  /// What was seen since reset().
  struct Seen {
    std::uint64_t records = 0, posts = 0, refused = 0;  ///< acknowledged; refused = not 2xx
    std::uint64_t requests = 0, notices = 0;            ///< of the API; of those the messages
    std::uint64_t raises = 0;  ///< an outsider came into a call that showed less
    std::uint64_t shown = 0;   ///< of those, how many calls show it by now
    /// From the 200 of the post that tells of the outsider to the notice; 0 when it came before.
    Latencies after_commit;
    Latencies after_post;  ///< from the first byte of that post
    Latencies answers;     ///< of posts
  };

  BenchCms(boost::asio::io_context& io, int bridges, int calls, int people_each);
  ~BenchCms();

  std::uint16_t api_port(int bridge) const;
  /// Where records go from now on: one connection a bridge, `path` + its number.
  void post_to(std::uint16_t port, std::string path);
  /// Somebody comes to, or leaves, a call drawn by chance; makes three records, or one.
  void act();
  std::uint64_t made() const { return made_; }  ///< records, since the beginning
  bool idle() const;                            ///< every record is acknowledged
  /// Calls whose notice says less than who is in them, now.
  std::size_t below() const;
  Seen& seen() { return seen_; }
  void reset() { seen_ = {}; }

 private:
  struct Bridge;
  struct Call;
  struct Connection;
  using Shared = std::shared_ptr<Connection>;

  void accept(Bridge& bridge);
  void read(Bridge& bridge, Shared c);
  std::string answer(Bridge& bridge, std::string_view line, std::string_view body);
  std::string call_answer(Call& call, std::string_view rest);
  void show(Call& call, std::string_view body);
  void record(Bridge& bridge, std::string_view type, std::string_view content);
  void come(Call& call, bool outsider);
  void leave(Call& call);
  void post(Bridge& bridge);
  void posted(Bridge& bridge, int status);
  std::uint64_t drawn() { return state_ = state_ * 6364136223846793005u + 1442695040888963407u; }

  boost::asio::io_context& io_;
  std::vector<std::unique_ptr<Bridge>> bridges_;
  std::vector<Call> calls_;
  std::string path_;
  std::uint64_t state_ = 8, made_ = 0, next_leg_ = 1;
  Seen seen_;
};

}  // namespace wardroom::bench
