// SPDX-License-Identifier: GPL-2.0-or-later

import Daemon
import Linux

/// Writes man/keepalived.conf.5 to standard output.
@main
enum ManualProgram {
    static func main() {
        StandardStream.output.write(KeywordTools.manual)
    }
}
