#include "sim/cms_receiver.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wardroom::sim {
namespace {

std::string garbled(std::string body, std::string const& how) {
  constexpr std::string_view head = "<?xml version=\"1.0\"?>\n";
  auto const root = body.find("<records");
  auto put_in_name = [&](std::string_view what) {
    auto const at = body.find("<groupId>");
    body.insert(at == std::string::npos ? body.find("</records>") : at + 9, what);
  };
  if (how == "truncated") body.resize(body.size() * 2 / 3);
  if (how == "two_roots") body += "<records session=\"x\"></records>";
  if (how == "stray_end") body += "</records>";
  if (how == "doctype") body.insert(root, "<!DOCTYPE records SYSTEM \"http://192.0.2.1/x.dtd\">\n");
  if (how == "entities")
    body.insert(root,
                "<!DOCTYPE records [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
                "\"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\n");
  if (how == "bom") body.insert(0, "\xEF\xBB\xBF");
  if (how == "nul") put_in_name(std::string_view("\0", 1));
  if (how == "bad_utf8") put_in_name("caf\xE9 \xC0\x80");
  if (how == "no_root") body = head;
  if (how == "empty") body.clear();
  auto replace_all = [&](std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = body.find(what, at)) != std::string::npos; at += with.size())
      body.replace(at, what.size(), with);
  };
  if (how == "crlf") replace_all("\n", "\r\n");
  if (how == "no_id") {
    replace_all("<callLeg id=", "<callLeg was=");
    replace_all("<call id=", "<call was=");
  }
  return body;
}

}  // namespace

void CmsReceiver::put(CmsRecord record, CmsFaults& faults) {
  kept_.push_back({std::move(record), std::exchange(missing_, 0), 0, faults.tell_missing});
  while (kept_.size() > std::size_t(faults.store)) {
    // The oldest goes; the next one tells of it.
    auto const lost = kept_.front().missing + 1;
    kept_.pop_front();
    kept_.front().missing += lost;
    ++overflowed;
    sent_ = sent_ > 0 ? sent_ - 1 : 0;
  }
  if (on_waiting) on_waiting();
}

void CmsReceiver::begin_session() {
  kept_.clear();
  missing_ = 0;
  next_number_ = 1;
  sent_ = 0;
}

std::string CmsReceiver::text_of(Kept& kept, CmsFaults const& faults) {
  if (kept.number == 0 || faults.new_record_index) kept.number = next_number_++;
  auto attributes = fmt::format("type=\"{}\" time=\"{}\" recordIndex=\"{}\" correlatorIndex=\"{}\"",
                                kept.record.type, kept.record.time, kept.number, kept.record.index);
  if (kept.missing > 0 && kept.told)
    attributes += fmt::format(" numPreceedingRecordsMissing=\"{}\"", kept.missing);
  if (faults.strangers) attributes += " novelty=\"1\"";
  return fmt::format("<record {}>\n{}</record>\n", attributes, kept.record.inner);
}

CmsPost CmsReceiver::next(std::string const& session, std::string const& call_bridge,
                          CmsFaults& faults) {
  if (faults.swap_records > 0 && kept_.size() > 1 && kept_[0].number == 0) {
    --faults.swap_records;
    std::swap(kept_[0], kept_[1]);
  }
  CmsPost post;
  post.uri = uri;
  post.content_type = faults.content_type;
  post.close = faults.close_each;
  post.records = sent_ = std::min(kept_.size(), std::size_t(faults.most_per_post));
  post.body =
      fmt::format("<?xml version=\"1.0\"?>\n<records session=\"{}\"{}>\n", session,
                  call_bridge.empty() ? "" : fmt::format(" callBridge=\"{}\"", call_bridge));
  for (std::size_t i = 0; i < sent_; ++i) post.body += text_of(kept_[i], faults);
  post.body += "</records>\n";
  if (faults.garble_posts > 0) {
    --faults.garble_posts;
    post.body = garbled(std::move(post.body), faults.garble);
  }
  if (faults.odd_posts > 0) {
    --faults.odd_posts;
    post.wire = faults.post_wire;
  }
  ++posts;
  return post;
}

void CmsReceiver::answered(bool ok, CmsFaults& faults) {
  if (!ok) {
    ++refused;
    return;
  }
  for (auto* const fault : {&faults.lose_200, &faults.duplicate_posts})
    if (*fault > 0) {
      --*fault;
      return;  // the same again
    }
  delivered += sent_;
  for (; sent_ > 0; --sent_) kept_.pop_front();
}

}  // namespace wardroom::sim
