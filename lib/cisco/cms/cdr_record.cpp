#include "cisco/cms/cdr_record.hpp"

#include "base/iso_moment.hpp"
#include "cisco/cms/cdr_parser.hpp"
#include "cisco/cms/cms_fields.hpp"
#include "cisco/cms/cms_text.hpp"

#include <algorithm>
#include <array>

namespace wardroom::cms {
namespace {

using conference::CallRecord, conference::RecordKind;

struct Type {
  std::string_view name;
  RecordKind kind;
  std::string_view object;
};
constexpr Type types[] = {
    {"callStart", RecordKind::call_start, "call"},
    {"callEnd", RecordKind::call_end, "call"},
    {"callLegStart", RecordKind::leg_start, "callLeg"},
    {"callLegUpdate", RecordKind::leg_update, "callLeg"},
    {"callLegEnd", RecordKind::leg_end, "callLeg"},
    {"recordingStart", RecordKind::machine_start, "recording"},
    {"recordingEnd", RecordKind::machine_end, "recording"},
    {"streamingStart", RecordKind::machine_start, "streaming"},
    {"streamingEnd", RecordKind::machine_end, "streaming"},
};
/// Beside `call` and `callLeg`.
constexpr std::string_view machine_fields[] = {
    "path",        "recorderUrl", "recorderUri", "streamUrl",
    "streamerUrl", "streamerUri", "tenant",      "cdrTag",
};
constexpr std::size_t longest_word = 64;

Type const* type_of(std::string_view word) {
  auto const* found =
      std::ranges::find_if(types, [&](Type const& type) { return same_word(type.name, word); });
  return found == std::end(types) ? nullptr : found;
}

/// For logs and reports: nothing but what a word is made of.
std::string plain_word(std::string_view text) {
  std::string out;
  for (char const c : trimmed(text).substr(0, longest_word))
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
        c == '-')
      out += c;
  return out;
}

std::string id_of(std::string_view text) {
  auto id = guid_of(text);
  if (id.size() > longest_id) id.clear();
  return id;
}

}  // namespace

std::uint64_t take_root(conference::RecordBatch& batch, Attributes const& attributes) {
  std::uint64_t strangers = 0;
  for (auto const& [name, value] : attributes) {
    if (name == "session")
      batch.session = id_of(value);
    else if (name == "callBridge")
      batch.call_bridge = id_of(value);
    else
      ++strangers;
  }
  return strangers;
}

RecordBuilder::RecordBuilder(Attributes const& attributes) {
  for (auto const& [name, value] : attributes) {
    if (trimmed(value).empty() && name != "type") continue;  // empty = absent
    if (name == "type") {
      record_.type = plain_word(value);
      if (auto const* type = type_of(record_.type)) record_.kind = type->kind;
    } else if (name == "time") {
      record_.time = parse_iso(trimmed(value));
    } else if (name == "correlatorIndex") {
      record_.index = number_of(value);
      record_.broken = record_.broken || !record_.index;
    } else if (name == "numPreceedingRecordsMissing" || name == "numPrecedingRecordsMissing") {
      record_.missing = std::max(record_.missing, number_of(value).value_or(1));
    } else if (name != "recordIndex") {
      ++strangers_;
    }
  }
}

void RecordBuilder::begin_object(std::string_view name, Attributes const& attributes) {
  auto const* type = type_of(record_.type);
  inside_ = type && type->object == name;
  if (!inside_) {
    strangers_ += type ? 1 : 0;  // of an unknown type everything is unknown
    return;
  }
  record_.broken = record_.broken || has_object_;  // two of them: which one is meant?
  if (has_object_) {
    inside_ = false;
    return;
  }
  has_object_ = true;
  for (auto const& [key, value] : attributes) {
    if (key != "id") {
      ++strangers_;
      continue;
    }
    auto id = id_of(value);
    if (name == "call")
      record_.call.id = conference::CallId(std::move(id));
    else if (name == "callLeg")
      record_.leg.id = conference::LegId(std::move(id));
  }
  record_.is_streamer = record_.kind == RecordKind::machine_start && name == "streaming";
}

void RecordBuilder::field(std::string_view name, std::string_view text) {
  if (!inside_) return;
  switch (record_.kind) {
    case RecordKind::call_start:
    case RecordKind::call_end:
      if (!take_field(record_.call, name, text)) ++strangers_;
      break;
    case RecordKind::machine_start:
    case RecordKind::machine_end:
      machine_field(name, text);
      break;
    case RecordKind::leg_end:
      if (name == "reason") record_.end_reason = plain_word(text);
      [[fallthrough]];
    default:
      if (!take_field(record_.leg, name, text)) ++strangers_;
  }
}

void RecordBuilder::machine_field(std::string_view name, std::string_view text) {
  if (name == "callLeg")
    record_.leg.id = conference::LegId(id_of(text));
  else if (name == "call")
    take_field(record_.leg, name, text);
  else if (std::ranges::find(machine_fields, name) == std::end(machine_fields))
    ++strangers_;
}

CallRecord RecordBuilder::take() {
  auto const lacks_id = [&] {
    switch (record_.kind) {
      case RecordKind::call_start:
      case RecordKind::call_end:
        return record_.call.id.empty();
      case RecordKind::leg_start:
      case RecordKind::leg_update:
      case RecordKind::leg_end:
      case RecordKind::machine_start:
        return record_.leg.id.empty();
      case RecordKind::machine_end:
        return !has_object_;
      case RecordKind::unknown:
        return record_.type.empty();  // not even a type
    }
    return false;
  };
  record_.broken = record_.broken || lacks_id();
  return std::move(record_);
}

}  // namespace wardroom::cms
