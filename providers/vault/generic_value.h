// Comparing what a user wrote with what an API gives back in words of its own.
#pragma once

#include "engine/model/value.h"

namespace plumb::vault {

// The same to an API: equal; a duration and its seconds (`1h`, 3600); a number or a flag and its text; a list and the
// same items in another order or in one text with commas; of maps, what `written` names.
bool same_meaning(const Value& written, const Value& live);

// `live` in the words of `written`: each key that `written` names, spelt as there where it means the same. A null that
// was written stands for a secret whose value is not known: then `live` is told, marked sensitive. A key that `live`
// lacks is left out, or, with `keep_absent`, taken from `written`.
Value in_words_of(const Value& written, const Value& live, bool keep_absent);

// Some secret that was written is in no answer, so that there is nothing to compare it with.
bool lacks_secret(const Value& written, const Value& live);

}  // namespace plumb::vault
