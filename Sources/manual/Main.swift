// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Daemon

@main
enum Manual {
    static func main() {}
}
