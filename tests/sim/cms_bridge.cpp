#include "sim/cms_bridge.hpp"

#include "sim/cms_api.hpp"
#include "sim/cms_records.hpp"
#include "sim/cms_sim.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {

CmsBridge::CmsBridge(CmsSim& all, std::size_t n, CmsBridgeOptions wish, Clock& clock, Random& dice)
    : number(n),
      options(std::move(wish)),
      guid(dice.uuid()),
      ip(fmt::format("10.{}.0.1", n + 1)),
      sip_domain(fmt::format("cms{}.acme.example", n + 1)),
      all_(all),
      clock_(clock),
      dice_(dice) {
  if (options.name.empty()) options.name = fmt::format("cms{}", n + 1);
  if (options.address.empty()) options.address = fmt::format("https://{}:8443", ip);
  begin_session();
}

void CmsBridge::begin_session() {
  session = dice_.uuid();
  started = clock_.uptime();
  next_index_ = 0;
  calls.clear();
  legs.clear();
  held_.clear();
  for (auto const& r : receivers) r->begin_session();
}

// --- records -----------------------------------------------------------------------------------

void CmsBridge::tell(std::string type, std::string inner) {
  if (!faults.omit.empty() && ("," + faults.omit + ",").find("," + type + ",") != std::string::npos)
    return;
  if (faults.strangers) {
    inner.insert(inner.find('\n') + 1, "<novelty a=\"1\"><deep>x</deep></novelty>\n");
    keep({next_index_++, "novelty", cms_time(clock_.now()), "<thing id=\"x\"/>\n"});
  }
  auto const at = clock_.now() + std::chrono::seconds(faults.clock_skew_s);
  CmsRecord record{next_index_++, std::move(type), cms_time(at), std::move(inner)};
  if (record.type == "callStart" && faults.late_call_start > 0) {
    --faults.late_call_start;
    held_.push_back(std::move(record));
    return;
  }
  keep(std::move(record));
  for (auto& late : std::exchange(held_, {})) keep(std::move(late));
}

void CmsBridge::keep(CmsRecord record) {
  bool const lost = faults.lose_records > 0;
  if (lost) --faults.lose_records;
  for (auto const& r : std::vector(receivers))
    if (lost)
      r->miss();
    else
      r->put(record, faults);
}

void CmsBridge::tell_call_start(CmsCall const& call) { tell("callStart", call_start_xml(call)); }

void CmsBridge::tell_call_end(CmsCall const& call) {
  auto const lasted = std::chrono::floor<std::chrono::seconds>(clock_.now() - call.began).count();
  tell("callEnd", call_end_xml(call, lasted));
}

void CmsBridge::tell_leg_start(CmsLeg const& leg) {
  tell("callLegStart", leg_start_xml(leg, faults.link_sub_type));
}

void CmsBridge::tell_leg_update(CmsLeg const& leg, Telling with) {
  tell("callLegUpdate", leg_update_xml(leg, with.state, with.call));
}

void CmsBridge::tell_leg_end(CmsLeg const& leg, std::string_view reason, bool by_far_end) {
  auto seconds = [&](Instant since) {
    return std::chrono::floor<std::chrono::seconds>(clock_.now() - since).count();
  };
  auto const xml = leg_end_xml(
      leg, {reason, by_far_end, seconds(leg.began), leg.activated ? seconds(*leg.activated) : -1});
  tell("callLegEnd", xml);
  if (faults.end_twice <= 0) return;
  --faults.end_twice;
  tell("callLegEnd", xml);
}

// --- receivers ---------------------------------------------------------------------------------

Result<std::shared_ptr<CmsReceiver>> CmsBridge::add_receiver(std::string uri) {
  if (receivers.size() >= 4)
    return failure(ErrorKind::conflict, options.name + " has four receivers already");
  receivers.push_back(std::make_shared<CmsReceiver>(dice_.uuid(), std::move(uri)));
  if (all_.on_receiver) all_.on_receiver(*this, receivers.back());
  return receivers.back();
}

CmsReceiver* CmsBridge::receiver(std::string_view id) {
  for (auto const& r : receivers)
    if (r->id == id) return r.get();
  return nullptr;
}

void CmsBridge::remove_receiver(std::string_view id) {
  std::erase_if(receivers, [&](auto const& r) {
    if (r->id != id) return false;
    r->gone = true;
    if (r->on_waiting) r->on_waiting();
    return true;
  });
}

std::optional<CmsPost> CmsBridge::next_post(CmsReceiver& receiver) {
  if (!up || faults.dead || faults.hold_posts || receiver.gone || receiver.waiting() == 0)
    return std::nullopt;
  return receiver.next(session, options.clustered && faults.call_bridge ? guid : "", faults);
}

void CmsBridge::answered(CmsReceiver& receiver, int status) {
  receiver.last_status = status;
  receiver.answered(status == 200, faults);
}

void CmsBridge::wake_receivers() {
  for (auto const& r : std::vector(receivers))
    if (r->on_waiting) r->on_waiting();
}

// --- the rest ----------------------------------------------------------------------------------

Answer CmsBridge::api(Request request) { return CmsApi(all_, *this, clock_).answer(request); }

bool CmsBridge::set_message(std::string const& call, CmsMessage message) {
  auto const found = calls.find(call);
  if (found == calls.end()) return false;
  message.set = clock_.uptime();
  found->second.message = std::move(message);
  return true;
}

std::optional<CmsMessage> CmsBridge::screen(std::string const& call) const {
  auto const found = calls.find(call);
  if (found == calls.end()) return std::nullopt;
  auto const& m = found->second.message;
  if (m.text.empty() || m.duration == "0") return std::nullopt;
  if (m.duration != "permanent" &&
      clock_.uptime() - m.set >= std::chrono::seconds(std::stoll(m.duration)))
    return std::nullopt;
  return m;
}

std::vector<CmsLeg const*> CmsBridge::legs_of(std::string const& call) const {
  std::vector<CmsLeg const*> out;
  for (auto const& [id, leg] : legs)
    if (leg.call == call) out.push_back(&leg);
  std::ranges::sort(out, {}, &CmsLeg::order);
  return out;
}

CmsLeg* CmsBridge::leg(std::string const& id) {
  auto const found = legs.find(id);
  return found == legs.end() ? nullptr : &found->second;
}

}  // namespace wardroom::sim
