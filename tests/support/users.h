// Being somebody else than root: the user nobody, whom every system has.
#pragma once

#include <string>

#include "support/background.h"
#include "support/scene.h"

namespace test {

inline constexpr unsigned nobody = 65534;

// For a child that has not executed yet: it is nobody from now on.
void become_nobody();
// The same, but with the two capabilities that recording needs, and none else.
void become_capable_nobody();

// A copy of the recorder with the capabilities that recording needs, in the scene's directory, which becomes nobody's;
// `recorder`, started there as nobody, is that copy instead.
Start with_file_capabilities(const Scene &scene, Start recorder);

void give_to_nobody(const std::string &path);

// As started by sudo, which nobody called.
Start with_sudo(Start start);

}  // namespace test
