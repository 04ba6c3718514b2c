// Values and random documents for the schema tests.
#pragma once

#include <random>
#include <string>

#include "specs/diagnostic.h"
#include "specs/document.h"
#include "specs/schema.h"
#include "specs/schema_node.h"

namespace lockstep::schema_test {

// Gives every key and every item of a list a line of its own, in reading order, so that tests can tell places apart.
inline void number_lines(Node& node, std::uint32_t& line) {
  node.span = Span{{line, 5, 0}, {line, 9, 0}};
  for (Member& member : node.members) {
    ++line;
    member.key_span = Span{{line, 1, 0}, {line, 4, 0}};
    number_lines(member.value, line);
  }
  for (Node& item : node.items) {
    ++line;
    number_lines(item, line);
  }
}

inline Node node_of(const Json& value) {
  Node node = schema_node(value, 100).value();
  std::uint32_t line = 1;
  number_lines(node, line);
  return node;
}

inline Diagnostics walked(const Json& value, const Json& schema, const Json& root, const SchemaWalk& walk = {}) {
  Diagnostics diagnostics(nullptr);
  walk_schema(node_of(value), schema, root, diagnostics, walk);
  return diagnostics;
}

inline Diagnostics walked_runbook(const Json& value) {
  const Json& schema = *embedded_schema("runbook");
  return walked(value, schema, schema);
}

inline Diagnostics walked_inputs(std::string_view uses, const Json& value) {
  const StepSchema& step = *step_schema(uses);
  return walked(value, *step.with, *step.root, SchemaWalk{.at = Span{{77, 3, 0}, {77, 7, 0}}, .name = "with"});
}

// Random documents that mostly fit a schema: every kind of mistake appears, but most documents have few.
class Documents {
 public:
  Documents(unsigned seed, const Json& root, bool expressions)
      : random_(seed), root_(root), expressions_(expressions) {}

  Json make(const Json& unresolved, int depth = 0) {
    const Json& schema = *resolve_schema(unresolved, root_);
    if (schema.value("x-lockstep-secret", false)) return "${{ secrets.TOKEN }}";
    if (expressions_ && chance(15)) return "${{ params.p }}";
    if (chance(30)) return junk();
    for (const char* branches : {"oneOf", "anyOf"})
      if (schema.contains(branches)) return make(pick(schema[branches]), depth);
    if (schema.contains("const")) return chance(8) ? junk() : schema["const"];
    if (schema.contains("enum")) return chance(8) ? junk() : pick(schema["enum"]);
    if (schema.contains("examples") && chance(2)) return pick(schema["examples"]);
    if (!schema.contains("type")) return junk();
    const Json& types = schema["type"];
    const std::string type = types.is_array() ? pick(types).get<std::string>() : types.get<std::string>();
    if (type == "object") return object(schema, depth);
    if (type == "array") return list(schema, depth);
    if (type == "string") return text(schema);
    if (type == "integer") return number(schema);
    if (type == "number") return chance(2) ? Json(number(schema)) : Json(0.5 * below(9));
    if (type == "boolean") return chance(2);
    return nullptr;
  }

 private:
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool chance(int one_in) { return below(one_in) == 0; }
  Json pick(const Json& list) { return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))]; }

  Json junk() {
    switch (below(8)) {
      case 0:
        return nullptr;
      case 1:
        return true;
      case 2:
        return below(2000) - 1000;
      case 3:
        return 1.5;
      case 4:
        return "";
      case 5:
        return Json::array({1});
      case 6:
        return Json{{"x", 1}};
      default:
        return "junk";
    }
  }

  Json number(const Json& schema) {
    const int least = schema.value("minimum", 0);
    const int most = schema.value("maximum", 100);
    if (chance(12)) return chance(2) ? least - 1 : most + 1;
    return chance(3) ? (chance(2) ? least : most) : least + below(std::min(most - least + 1, 50));
  }

  Json text(const Json& schema) {
    const auto least = schema.value("minLength", std::size_t{0});
    const auto most = schema.value("maxLength", std::size_t{20});
    std::size_t size = least + static_cast<std::size_t>(below(3));
    if (chance(12)) size = least == 0 || chance(2) ? most + 1 : least - 1;
    if (chance(12)) size = most;
    std::string result;
    for (std::size_t i = 0; i < size; ++i) result += i % 2 == 0 ? "a" : "\xc3\xa9";  // two bytes, one character
    return result;
  }

  Json list(const Json& schema, int depth) {
    Json result = Json::array();
    std::size_t size =
        static_cast<std::size_t>(below(3)) + (chance(12) ? 0U : schema.value("minItems", std::size_t{0}));
    if (chance(12)) size = schema.value("maxItems", size) + 1;
    const Json any = true;
    for (std::size_t i = 0; i < size; ++i)
      result.push_back(schema.contains("items") && depth < 6 ? make(schema["items"], depth + 1) : junk());
    return result;
  }

  Json object(const Json& schema, int depth) {
    Json result = Json::object();
    const Json required = schema.value("required", Json::array());
    if (schema.contains("properties"))
      for (const auto& [key, rule] : schema["properties"].items()) {
        const bool needed = std::find(required.begin(), required.end(), key) != required.end();
        if (needed ? !chance(25) : chance(3)) result[key] = make(rule, depth + 1);
      }
    const bool open = schema.contains("additionalProperties") && schema["additionalProperties"].is_object();
    if (open)
      for (int i = below(3); i > 0; --i)
        result["k" + std::to_string(i)] = make(schema["additionalProperties"], depth + 1);
    if (chance(20)) result["unknown"] = junk();
    return result;
  }

  std::mt19937 random_;
  const Json& root_;
  bool expressions_;
};

}  // namespace lockstep::schema_test
