// The only file that sees valijson. Compiled with VALIJSON_USE_EXCEPTIONS=1: otherwise valijson aborts the process.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <tuple>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "specs/schema.h"
#include "specs/schema_expressions.h"

namespace lockstep {

namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;
using Compiled = std::shared_ptr<const valijson::Schema>;

// valijson checks `format` with std::regex, which overflows the stack on long strings. Formats are notes here, as
// draft-07 allows.
void drop_formats(Json& schema) {
  if (schema.is_array()) {
    for (Json& one : schema) drop_formats(one);
  } else if (schema.is_object()) {
    if (const auto format = schema.find("format"); format != schema.end() && format->is_string()) schema.erase(format);
    for (auto& [key, one] : schema.items())
      if (key != "enum" && key != "const" && key != "examples" && key != "default") drop_formats(one);
  }
}

// `schema` with everything its $refs need.
Json self_contained(const Json& schema, const Json& root) {
  Json whole = schema;
  if (&schema != &root && root.contains("definitions") && whole.is_object()) whole["definitions"] = root["definitions"];
  drop_formats(whole);
  return whole;
}

// Whether a place accepts the placeholder as the text that it is: most fields are texts, and widening costs time.
bool takes_placeholder(const Json& place) {
  const auto type = place.find("type");
  if (type == place.end() || place.contains("enum") || place.contains("const")) return false;
  const bool text =
      type->is_array() ? std::find(type->begin(), type->end(), "string") != type->end() : *type == "string";
  return text && place.value("minLength", std::size_t{0}) <= kExpressionPlaceholder.size() &&
         place.value("maxLength", kExpressionPlaceholder.size()) >= kExpressionPlaceholder.size();
}

Compiled compile(const Json& schema, const Json& root, Expressions expressions) {
  Json whole = self_contained(schema, root);
  if (expressions == Expressions::accepted) {
    whole = widen_schema(whole, Json{{"const", kExpressionPlaceholder}},
                         [](const Json& place) { return !takes_placeholder(place); });
  }
  try {
    auto compiled = std::make_shared<valijson::Schema>();
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(Adapter(whole), *compiled);
    return compiled;
  } catch (const std::exception& error) {
    // Only our own schemas come here, and the tests compile each of them.
    throw std::logic_error(std::string("a schema of this program cannot be compiled: ") + error.what());
  }
}

bool is_embedded(const Json& root) {
  static const std::vector<std::string> names = embedded_schema_names();
  for (const std::string& name : names)
    if (embedded_schema(name) == &root) return true;
  return false;
}

// Compiled schemas of embedded files, which never move. Guarded by a lock of its own.
class Cache {
 public:
  Compiled get(const Json& schema, const Json& root, Expressions expressions) {
    const Key key{&schema, &root, expressions};
    const std::lock_guard lock(mutex_);
    const auto found = compiled_.find(key);
    if (found != compiled_.end()) return found->second;
    if (!is_embedded(root)) return nullptr;
    return compiled_[key] = compile(schema, root, expressions);
  }

 private:
  using Key = std::tuple<const Json*, const Json*, Expressions>;
  std::mutex mutex_;
  std::map<Key, Compiled> compiled_;
};

Cache& cache() {
  static Cache instance;
  return instance;
}

}  // namespace

bool schema_verdict(const Json& value, const Json& schema, const Json& root, Expressions expressions) {
  Compiled compiled = cache().get(schema, root, expressions);
  if (compiled == nullptr) compiled = compile(schema, root, expressions);
  try {
    valijson::Validator validator;
    if (expressions == Expressions::literal) return validator.validate(*compiled, Adapter(value), nullptr);
    const Json masked = with_placeholders(value);
    return masked == kExpressionPlaceholder || validator.validate(*compiled, Adapter(masked), nullptr);
  } catch (const std::exception&) {
    return false;  // valijson could not judge the value, so it has not accepted it
  }
}

}  // namespace lockstep
