/// What one bridge keeps for one receiver of its records until that has taken it.
/// Source: cms.md 1.3, 2.
#pragma once
#include "sim/cms_faults.hpp"
#include "sim/cms_model.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace wardroom::sim {

/// A record without the numbers a receiver gives it.
struct CmsRecord {
  std::uint64_t index = 0;  ///< correlatorIndex
  std::string type{}, time{}, inner{};
};

/// One POST as it goes out.
struct CmsPost {
  std::string uri{}, body{}, content_type{};
  std::string wire = "whole";
  bool close = false;
  std::size_t records = 0;
};

class CmsReceiver {
 public:
  CmsReceiver(std::string id, std::string uri) : id(std::move(id)), uri(std::move(uri)) {}

  std::string id, uri;
  bool gone = false;                 ///< removed; senders end
  std::function<void()> on_waiting;  ///< something is to be sent

  void put(CmsRecord record, CmsFaults& faults);
  /// One that is lost on the way to this receiver.
  void miss() { ++missing_; }
  /// The bridge was restarted: what was kept is gone, numbers begin anew.
  void begin_session();

  std::size_t waiting() const { return kept_.size(); }
  /// The next post, the same records again until they were taken. Not to be called when none wait.
  CmsPost next(std::string const& session, std::string const& call_bridge, CmsFaults& faults);
  /// What became of the last post: `ok` = 200 came.
  void answered(bool ok, CmsFaults& faults);

  std::uint64_t posts = 0, delivered = 0, refused = 0, overflowed = 0;
  int last_status = 0;  ///< of the last post; 0 = no answer

 private:
  struct Kept {
    CmsRecord record;
    std::uint64_t missing = 0;  ///< so many just before it are lost
    std::uint64_t number = 0;   ///< recordIndex; 0 = not sent yet
    bool told = true;
  };
  std::string text_of(Kept& kept, CmsFaults const& faults);

  std::deque<Kept> kept_;
  std::uint64_t missing_ = 0, next_number_ = 1;
  std::size_t sent_ = 0;  ///< records of the last post
};

}  // namespace wardroom::sim
