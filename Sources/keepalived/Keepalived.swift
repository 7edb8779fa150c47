// SPDX-License-Identifier: GPL-2.0-or-later

import Daemon

@main
enum Keepalived {
    static func main() {}
}
