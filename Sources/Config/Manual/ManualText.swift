// SPDX-License-Identifier: GPL-2.0-or-later

extension Manual {
    static let introduction = #"""
        .\" SPDX-License-Identifier: GPL-2.0-or-later
        .\" Made from the keyword tables; do not edit.
        .TH KEEPALIVED.CONF 5 "" keepalived "File Formats"
        .SH NAME
        keepalived.conf \- configuration of keepalived
        .SH DESCRIPTION
        The file holds a keyword and its values a line. Braces hold the lines of a block together.
        A number sign or an exclamation mark begins a comment, anywhere but in double quotes or behind a backslash.
        Double quotes hold a word with blanks together.
        .PP
        .B keepalived \-t
        reads the file, says what is wrong with it and where, and ends.
        .B keepalived \-\-explain
        .I keyword
        prints one entry of this page.
        .SS Values
        A flag stands alone. A switch is on when it stands alone, or takes on, yes, true, off, no or false.
        Numbers are decimal. Times are in seconds with a fraction unless something else is said.
        A script is one word: put command and arguments in quotes. Behind it may stand the user and the group to run it as.
        .SS Include
        .B include
        .I pattern
        reads other files at this place, in sorted order; the pattern may have * ? [...] and {a,b}, and is relative to
        the directory of the file it stands in. What cannot be read is an error with
        .BR includer ,
        also a missing name with
        .BR includem ,
        also a pattern without a match with
        .BR includew ,
        an alternative in braces without a match with
        .BR includeb ,
        and all of these with
        .BR includea .
        .SS Conditions
        A line that begins with
        .BI @ id
        counts only where that is the configuration id (the host name up to its first dot, or what
        .B \-i
        says); with
        .BI @^ id
        only where it is not.
        .SS Definitions
        .BI $ NAME = value
        defines a name from that line on.
        .BI ${ NAME }
        stands for the value anywhere, and
        .BI $ NAME
        in front of a blank, a comma, a slash, a closing parenthesis or the end of the line.
        A definition of several lines has a backslash at the end of every line but the last, and is used at the end of a line.
        Built in are ${_PWD}, the directory of the file; ${_INSTANCE}, the configuration id; ${_RANDOM min max};
        ${_ENV NAME}; ${_HASH} and ${_BANG}.
        .SS Sequences
        .BI ~SEQ( name ", start, step, end" )
        in front of a line repeats it with the name defined as each number; ~SEQx makes hexadecimal numbers.
        .BI ~LST( name ", value, ..." )
        does so with each value, and ~LST({a,b}, {1,2}, {3,4}) with several names at once.

        """#

    static let ending = #"""
        .SH SEE ALSO
        .BR keepalived (8),
        .BR ipvsadm (8)

        """#

    /// Examples by the path of their block.
    package static let examples: [String: String] = [
        "global_defs": """
            global_defs {
                router_id edge1
                script_user nobody
                enable_script_security
            }
            """,
        "vrrp_instance": """
            vrrp_instance office {
                interface eth0
                virtual_router_id 51
                priority 150
                advert_int 1
                virtual_ipaddress {
                    192.0.2.10/24
                }
            }
            """,
        "vrrp_sync_group": """
            vrrp_sync_group gateway {
                group {
                    inside
                    outside
                }
            }
            """,
        "vrrp_script": """
            vrrp_script proxy {
                script "/usr/bin/pgrep -x haproxy"
                interval 2
                weight -30
            }
            """,
        "track_file": """
            track_file maintenance {
                file /run/maintenance
                weight 1
            }
            """,
        "vrrp_track_process": """
            vrrp_track_process proxy {
                process haproxy
                weight 10
            }
            """,
        "bfd_instance": """
            bfd_instance uplink {
                neighbor_ip 192.0.2.1
                min_rx 50
                min_tx 50
                multiplier 5
            }
            """,
        "static_ipaddress": """
            static_ipaddress {
                192.0.2.20/24 dev eth0
            }
            """,
        "static_routes": """
            static_routes {
                198.51.100.0/24 via 192.0.2.1 dev eth0
            }
            """,
        "virtual_server": """
            virtual_server 192.0.2.10 80 {
                delay_loop 6
                lb_algo wrr
                lb_kind NAT
                protocol TCP
                real_server 10.0.0.1 80 {
                    weight 1
                    TCP_CHECK {
                        connect_timeout 3
                    }
                }
            }
            """,
        "virtual_server_group": """
            virtual_server_group web {
                192.0.2.10 80
                192.0.2.11-20 80
            }
            """,
    ]
}
