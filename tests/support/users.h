// Tests as another user than root: the user nobody, which every system has.
#pragma once

#include <string>

#include "support/background.h"
#include "support/scene.h"

namespace test {

inline constexpr unsigned nobody = 65534;

// Makes a child before its exec the user nobody.
void become_nobody();
// The same, with only the two capabilities that recording needs.
void become_capable_nobody();

// Makes a copy of the recorder with the capabilities that recording needs in the scene's directory, which then belongs
// to the user nobody. `recorder` starts that copy as nobody instead.
Start with_file_capabilities(const Scene &scene, Start recorder);

void give_to_nobody(const std::string &path);

// As started by sudo, called by the user nobody.
Start with_sudo(Start start);

}  // namespace test
