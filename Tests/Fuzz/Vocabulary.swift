// SPDX-License-Identifier: GPL-2.0-or-later

import Daemon

/// The words that changed texts are made of.
enum Vocabulary {
    /// The last components of all paths of the schema.
    static let keywords: Set<String> = Set(
        KeywordTools.schema.split(separator: "\n").dropFirst().compactMap { line in
            line.prefix { $0 != "\t" }.split(separator: "/").last.map { $0.drop { $0 == " " } }.map(String.init)
        }
    )

    static let words: [[UInt8]] = (keywords.sorted() + values).map { Array($0.utf8) }

    private static let values = [
        "{", "}", "{\n", "}\n", "\n", "\r\n", "\"", "'", "\\", "\\\n", "#", "!", " ", "\t", "\u{0}", "\u{fe}ü", "$A", "${A}", "$A=", "$A=$A$B",
        "$B=${A}${A}", "$M= \\\n", "~SEQ(A,1,9) ", "~SEQ(A,1,99999999) ", "~SEQ(A,9,-2,1) ", "~SEQx(B,0x7fffffffffffffff) ", "~SEQ(A,", "~LST(A,1,2) ",
        "~LST({A,B},{1,2},{3,4}) ", "@main ", "@^main ", "@other ", "@", "${_ENV HOME}", "${_RANDOM 1 99}", "${_HASH}", "${_PWD}", "include a", "include b",
        "include open", "include null", "include *", "includea /k/{a,b}", "includem nothing", "0", "1", "-1", "255", "256", "65535", "65536", "4294967296",
        "99999999999999999999", "0x10", "010", "1.5", "0.0000001", "300.0000001", "1e9", "10.0.0.1", "10.0.0.1/24", "10.0.0.1-250", "10.0.0.1/33",
        "224.0.0.18", "::1", "fe80::1", "2001:db8::1/64", "2001:db8::1-ff", "ff02::12", "192.0.2.1", "192.0.2.100", "eth0", "eth1", "lo", "nope0",
        "00:11:22:33:44:55", "on", "off", "yes", "no", "true", "false", "MASTER", "BACKUP", "root", "nobody", "weight", "reverse", "dev", "src", "via", "table",
        "main", "80", "tcp", "udp", "fwmark", "group", "/bin/true", "/tmp/x", "missing", "not", "\"/bin/true a\" root", "hex:00ff", "0123456789abcdef",
    ]
}
