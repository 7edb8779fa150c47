// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

/// Which addresses go on which of the interfaces that are made, and what these are called.
struct VirtualInterfaceTests {
    private func instance(
        _ name: String, vrid: Int = 3, on interface: String = "eth0", _ addresses: [String], excluded: [String] = [],
        _ more: String = "use_vmac"
    ) -> String {
        """
        vrrp_instance \(name) {
         interface \(interface)
         virtual_router_id \(vrid)
         virtual_ipaddress {
          \(addresses.joined(separator: "\n"))
         }
         virtual_ipaddress_excluded {
          \(excluded.joined(separator: "\n"))
         }
         \(more)
        }

        """
    }

    /// The places that upstream 2.2.7 was seen to choose.
    @Test func `addresses go on the router's own interface, on one more for each other interface and family, or below`() {
        let addresses = ["192.0.2.9", "192.0.2.8 dev eth0", "198.51.100.9 dev eth1", "198.51.100.8 dev eth1 use_vmac"]
        let places = { (more: String) -> [String?] in
            let router = Reading(instance("A", addresses, excluded: ["2001:db8::9"], more)).router
            return (router.addresses + router.excludedAddresses).map { router.interface(of: $0) }
        }
        #expect(places("use_vmac") == ["vrrp.3", "vrrp.3", "eth1", "vrrp1.3", "eth0"])
        #expect(places("use_vmac\nuse_vmac_addr") == ["vrrp.3", "vrrp.3", "vrrp1.3", "vrrp1.3", "vrrp6.3"])
        #expect(places("") == ["eth0", "eth0", "eth1", "vrrp.3", "eth0"])
        #expect(places("use_ipvlan 192.0.2.1") == ["eth0", "eth0", "eth1", "vrrp1.3", "eth0"])
    }

    @Test func `names of addresses' interfaces begin with a prefix of their own`() {
        let text = instance("A", ["192.0.2.9"], excluded: ["2001:db8::9", "2001:db8::8 dev eth1"], "use_vmac\nuse_vmac_addr")
        let router = Reading("global_defs {\n vmac_prefix vm\n vmac_addr_prefix ad\n}\n" + text).router
        #expect(router.madeInterfaces == ["vm.3", "ad.3", "ad6.3"])
    }

    @Test func `a router alone has the plain name, whatever its family`() {
        #expect(Reading(instance("A", ["fe80::9"])).router.virtualInterface?.name == "vrrp.3")
    }

    @Test func `nobody waits for an interface that is made`() {
        let text = """
            global_defs {
             dynamic_interfaces
            }

            """ + instance("A", ["192.0.2.9"], "use_vmac\nvirtual_routes {\n 10.0.0.0/8 dev vrrp.3\n}\ntrack_interface {\n vrrp.3\n}")
        let router = Reading(text).router
        #expect(router.requiredInterfaces == ["eth0"])
        #expect(router.trackers.isEmpty)
    }

    @Test func `names that were made up are kept over a reload, whoever else leaves or comes`() {
        let four = instance("A", ["192.0.2.9"]), six = instance("B", ["fe80::9"])
        let other = instance("C", vrid: 3, on: "eth1", ["198.51.100.9"])
        let both = Reading(four + six).settings
        var left = Reading(six).settings
        left.keepNames(of: both, VRRPGlobals())
        #expect(left.routers.map(\.virtualInterface?.name) == ["vrrp6.3"])
        var again = Reading(other + six).settings
        again.keepNames(of: left, VRRPGlobals())
        #expect(again.routers.map(\.virtualInterface?.name) == ["vrrp.3", "vrrp6.3"])
        var named = Reading(instance("C", vrid: 3, on: "eth1", ["198.51.100.9"], "use_vmac vrrp6.3") + six).settings
        named.keepNames(of: again, VRRPGlobals())
        #expect(named.routers.map(\.virtualInterface?.name) == ["vrrp6.3", "vrrp.3"])
    }

    @Test func `garp_extra_if announces on the interfaces that carry no adverts, and on no others`() {
        let addresses = ["192.0.2.9", "198.51.100.9 dev eth1 use_vmac", "198.51.100.8 dev eth1"]
        let announced = { (line: String) -> [Int] in
            let reading = Reading(instance("A", addresses, "use_vmac\n\(line)"))
            var routers = VirtualRouters()
            var actions: [Action] = []
            routers.reconfigure(to: reading.settings, options: VirtualRouters.Options(), at: .zero, into: &actions)
            routers.handle(.link("eth0", isUp: true), at: .zero, into: &actions)
            routers.handle(.link("eth1", isUp: true), at: .zero, into: &actions)
            routers.handle(.source(router: 0, IPAddress("192.0.2.1")), at: .zero, into: &actions)
            routers.handle(.start, at: .zero, into: &actions)
            routers.advance(to: .zero + .seconds(5), into: &actions)
            for second in 6..<105 { routers.advance(to: .zero + .seconds(second), into: &actions) }
            actions.removeAll()
            routers.advance(to: .zero + .seconds(105), into: &actions)
            return actions.flatMap { action -> [Int] in
                guard case .announce(_, let from, let count) = action else { return [] }
                return Array(from..<(from + count))
            }
        }
        #expect(announced("garp_extra_if 100") == [1])
        #expect(announced("garp_extra_if all 100") == [1, 2])
        #expect(announced("vmac_garp_intvl all 100") == [1, 2])
    }
}
