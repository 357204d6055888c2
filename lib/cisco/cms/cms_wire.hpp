/// Requests to one bridge: its address and login, its gate, and what is tried again.
#pragma once
#include "base/xml.hpp"
#include "cisco/cms/cms_api.hpp"
#include "cisco/cms/cms_refusal.hpp"
#include "cisco/cms/list_reading.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace wardroom::cms {

class CmsApi::Wire {
 public:
  using Lane = RequestGate::Lane;
  using Hear = std::function<void(xml::Element)>;

  Wire(http::Client& http, Clock& clock, Random& dice, CmsSettings settings, CmsLimits limits);

  /// Where a read goes, and what must come back.
  struct Read {
    std::string path{};  ///< "/calls/0b8f…"
    http::QueryPairs query{};
    std::string root{};         ///< of the answer
    bool names_object = false;  ///< 404 means that it is gone
  };
  Task<Result<xml::Document>> read(Read what);
  /// Every element `item` of a list, in `hear`; `anew` = all that was heard does not count. Returns
  /// the last page.
  Task<Result<xml::Document>> read_list(Read what, std::string item, std::function<void()> anew,
                                        Hear hear);
  template <class Value>
  Task<Result<std::vector<Value>>> list_of(Read what, std::string item,
                                           Value (*make)(xml::Element)) {
    std::vector<Value> out;
    auto const last = co_await read_list(
        std::move(what), std::move(item), [&out] { out.clear(); },
        [&out, make](xml::Element element) { out.push_back(make(element)); });
    if (!last) co_return std::unexpected(last.error());
    co_return out;
  }

  struct Change {
    http::Method method = http::Method::put;
    std::string path{};
    http::QueryPairs form{};
    Lane lane = Lane::message;
    bool names_object = false;
    Wanted wanted{};  ///< asked when its turn has come; none = it is
  };
  /// One attempt.
  Task<Result<void>> change(Change what);
  /// A CDR receiver: its parameter is `uri`, or `url` where that is not understood.
  Task<Result<void>> change_receiver(http::Method method, std::string path, std::string uri);

  std::size_t requests() const { return gate_.waiting() + gate_.in_flight(); }

 private:
  struct Outcome {
    Result<xml::Document> document;
    bool again = false;
  };
  Task<Outcome> attempt(Read const& what);
  Task<std::optional<Refusal>> send_change(Change what);
  Task<Result<http::ClientResponse>> send(http::ClientRequest request, Lane lane,
                                          Wanted wanted = {});
  http::ClientRequest request(http::Method method, std::string const& path) const;
  std::string words(http::ClientRequest const& request) const;

  http::Client& http_;
  Clock& clock_;
  Random& dice_;
  CmsSettings settings_;
  CmsLimits limits_;
  RequestGate gate_;
};

}  // namespace wardroom::cms
