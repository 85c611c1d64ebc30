// One more block at the end of a document that somebody else wrote.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/source.h"

namespace plumb {

// `document` with one more entry under `resources:`; every other byte stays. `block` gives the entry's lines for the
// number of blanks before its key. An error when `resources:` is not the last key, or not a map that lines can be added
// to; what was read before is read the same afterwards, or it is an error too.
Result<std::string> append_resource(std::string_view document, FileName file,
                                    const std::function<std::string(std::size_t indent)>& block);

}  // namespace plumb
