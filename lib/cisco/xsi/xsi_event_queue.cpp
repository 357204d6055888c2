#include "cisco/xsi/xsi_event_queue.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace wardroom::xsi {

bool XsiEventQueue::push(CallEvent event) {
  if (waiting_.size() >= most_waiting) {
    ++dropped_;
    return false;
  }
  waiting_.push_back(std::move(event));
  if (handing_out_) return true;  // further up the stack
  if (!in_slice_) begin_slice();
  hand_out();
  return true;
}

/// A turn of the loop is over when what was posted in it comes to run.
void XsiEventQueue::begin_slice() {
  in_slice_ = true;
  handed_out_ = 0;
  slice_began_ = clock_.uptime();
  boost::asio::post(loop_, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    in_slice_ = false;
    if (waiting_.empty()) return;
    begin_slice();
    hand_out();
  });
}

bool XsiEventQueue::has_time() const {
  if (handed_out_ == 0) return true;  // whatever the clock says, each turn gets on
  return handed_out_ < most_a_slice && clock_.uptime() - slice_began_ < slice;
}

void XsiEventQueue::hand_out() {
  auto const alive = std::weak_ptr(alive_);
  handing_out_ = true;
  while (!waiting_.empty() && has_time()) {
    auto const event = std::move(waiting_.front());
    waiting_.pop_front();
    ++handed_out_;
    hear_.event(event);
    if (alive.expired()) return;
  }
  handing_out_ = false;
  if (!waiting_.empty() || dropped_ == 0) return;
  hear_.drained(std::exchange(dropped_, 0));
}

}  // namespace wardroom::xsi
