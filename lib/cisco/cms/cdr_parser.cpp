#include "cisco/cms/cdr_parser.hpp"

#include "base/encoding.hpp"
#include "base/expat_setup.hpp"
#include "cisco/cms/cdr_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <string>

namespace wardroom::cms {
namespace {

using conference::RecordBatch;

/// Behind the last colon: prefixes never matter, declared or not.
std::string_view local_part(std::string_view name) { return name.substr(name.rfind(':') + 1); }

/// One pass over a post: expat's callbacks into a batch.
class Pass {
 public:
  explicit Pass(char const* encoding) : parser_(XML_ParserCreate(encoding)) {
    if (!parser_) throw std::bad_alloc();
    auto* parser = parser_.get();
    xml::set_up(parser);
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetUnknownEncodingHandler(parser, on_encoding, nullptr);
  }

  XML_Error read(std::string_view body) {
    auto status = XML_STATUS_OK;
    do {
      auto const piece = body.substr(0, 1u << 20);
      body.remove_prefix(piece.size());
      status = XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), body.empty());
      if (thrown_) std::rethrow_exception(thrown_);
    } while (status == XML_STATUS_OK && !body.empty());
    auto const error = status == XML_STATUS_OK ? XML_ERROR_NONE : XML_GetErrorCode(parser_.get());
    if (error == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
    return error;
  }
  RecordBatch finish(XML_Error error) {
    if (!refusal_.empty())
      say("the post was refused", refusal_);
    else if (error != XML_ERROR_NONE)
      say("the XML of the post is broken", words_of(error));
    return std::move(batch_);
  }

 private:
  struct Free {
    void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
  };

  static std::string words_of(XML_Error error) {
    switch (error) {
      case XML_ERROR_NO_ELEMENTS:
      case XML_ERROR_UNCLOSED_TOKEN:
      case XML_ERROR_PARTIAL_CHAR:
      case XML_ERROR_UNCLOSED_CDATA_SECTION:
        return "it ends too early";
      case XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
        return "there is more behind its end";
      default:
        return XML_ErrorString(error);
    }
  }
  void say(std::string_view what, std::string const& why) {
    batch_.fault = fmt::format("{} at line {}, after {} whole records: {}", what,
                               XML_GetCurrentLineNumber(parser_.get()), batch_.records.size(), why);
  }

  static void XMLCALL on_start(void* self, char const* name, char const** attributes) {
    guarded(self, [&](Pass& pass) { pass.start(local_part(name), attributes); });
  }
  static void XMLCALL on_end(void* self, char const* name) {
    guarded(self, [&](Pass& pass) { pass.end(local_part(name)); });
  }
  static void XMLCALL on_text(void* self, char const* text, int size) {
    guarded(self, [&](Pass& pass) { pass.append({text, static_cast<std::size_t>(size)}); });
  }
  static void XMLCALL on_doctype(void* self, char const*, char const*, char const*, int) {
    guarded(self, [](Pass& pass) { pass.refuse("it has a DOCTYPE, which is never accepted"); });
  }
  /// Any encoding of one byte that nobody knows is read as Latin-1.
  static int XMLCALL on_encoding(void*, char const*, XML_Encoding* info) {
    for (int i = 0; i < 256; ++i) info->map[i] = i;
    info->data = nullptr;
    info->convert = nullptr;
    info->release = nullptr;
    return XML_STATUS_OK;
  }
  /// An exception may not pass through expat, which is C.
  template <class Work>
  static void guarded(void* self, Work work) noexcept {
    auto& pass = *static_cast<Pass*>(self);
    if (pass.stopped_) return;
    try {
      work(pass);
    } catch (...) {
      pass.thrown_ = std::current_exception();
      pass.stop();
    }
  }
  void stop() noexcept {
    stopped_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
  }
  void refuse(std::string why) {
    refusal_ = std::move(why);
    stop();
  }

  void start(std::string_view name, char const** attributes) {
    if (++depth_ > deepest_element) return refuse("its elements are nested too deep");
    text_.clear();
    if (depth_ > 4) return;  // inside of a field that is skipped, such as rxAudio
    auto const all = attributes_of(attributes);
    if (!all) return;
    switch (depth_) {
      case 1:
        if (name != "records") return refuse("its root element is not <records>");
        batch_.strangers += take_root(batch_, *all);
        break;
      case 2:
        in_record_ = name == "record";
        if (!in_record_) {
          ++batch_.strangers;
        } else if (batch_.records.size() >= most_records) {
          refuse(fmt::format("it has more than {} records", most_records));
        } else {
          record_.emplace(*all);
        }
        break;
      case 3:
        if (in_record_) record_->begin_object(name, *all);
        break;
      default:
        break;
    }
  }
  void end(std::string_view name) {
    if (depth_ == 4 && in_record_) record_->field(name, text_);
    if (depth_ == 3 && in_record_) record_->end_object();
    if (depth_ == 2 && in_record_) {
      batch_.strangers += record_->strangers();
      batch_.records.push_back(record_->take());
      in_record_ = false;
    }
    --depth_;
    text_.clear();
  }
  void append(std::string_view text) {
    if (depth_ != 4) return;
    if (text.size() > longest_text - text_.size())
      return refuse(fmt::format("an element's text is longer than {} bytes", longest_text));
    text_ += text;
  }

  /// Of two with the same local name the one without a prefix counts.
  std::optional<Attributes> attributes_of(char const** raw) {
    Attributes out;
    for (bool const prefixed : {false, true})
      for (auto const** at = raw; *at; at += 2) {
        std::string_view const name(at[0]);
        if (name.contains(':') != prefixed || name == "xmlns" || name.starts_with("xmlns:") ||
            name.starts_with("xml:"))
          continue;
        if (out.size() >= most_attributes) {
          refuse("an element has too many attributes");
          return std::nullopt;
        }
        auto const local = local_part(name);
        if (prefixed && std::ranges::find(out, local, &Attributes::value_type::first) != out.end())
          continue;
        out.emplace_back(local, at[1]);
      }
    return out;
  }

  std::unique_ptr<XML_ParserStruct, Free> parser_;
  RecordBatch batch_;
  std::optional<RecordBuilder> record_;
  std::string text_;  ///< of the field that is open
  std::size_t depth_ = 0;
  bool in_record_ = false;
  bool stopped_ = false;
  std::string refusal_;
  std::exception_ptr thrown_;
};

/// White space and byte order marks before the declaration, where XML allows none.
std::string_view without_lead(std::string_view body) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  for (;;) {
    auto const at = body.find_first_not_of(" \t\r\n");
    body.remove_prefix(at == body.npos ? body.size() : at);
    if (!body.starts_with(mark)) return body;
    body.remove_prefix(mark.size());
  }
}

struct Reading {
  RecordBatch batch;
  XML_Error error;
};
Reading read_as(std::string_view body, char const* encoding) {
  Pass pass(encoding);
  auto const error = pass.read(body);
  return {pass.finish(error), error};
}

/// What it may be in when it is not what it says; null = there is no doubt.
char const* other_encoding(std::string_view body, XML_Error error) {
  if (error == XML_ERROR_INCORRECT_ENCODING || error == XML_ERROR_UNKNOWN_ENCODING) return "UTF-8";
  bool const plain = std::ranges::all_of(body, [](char c) { return c >= 0; });
  if (error != XML_ERROR_INVALID_TOKEN || plain) return nullptr;
  return is_valid_utf8(body) ? "UTF-8" : "ISO-8859-1";
}

}  // namespace

conference::RecordBatch read_records(std::string_view body) {
  body = without_lead(body);
  auto first = read_as(body, nullptr);
  auto const* other = other_encoding(body, first.error);
  if (!other) return std::move(first.batch);
  auto second = read_as(body, other);
  bool const better =
      second.error == XML_ERROR_NONE || second.batch.records.size() > first.batch.records.size();
  return std::move(better ? second.batch : first.batch);
}

}  // namespace wardroom::cms
