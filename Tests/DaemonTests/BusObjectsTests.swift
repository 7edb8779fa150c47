// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Testing
import VRRP

@testable import Daemon

/// What callers on the message bus find.
@Suite struct BusObjectsTests {
    static let path = "/org/keepalived/Vrrp1/Instance/eth0_10/7/IPv4"
    static let all = "/org/keepalived/Vrrp1/Vrrp"

    static let objects: BusObjects = {
        var objects = BusObjects(all: all)
        objects.note(.instance(path: path, name: "VI_1", .backup))
        return objects
    }()

    static func call(_ member: String, _ interface: String, at path: String = path, _ words: String...) -> BusCall {
        BusCall(path: path, interface: interface, member: member, words: words)
    }

    @Test("an instance's path is made of interface, VRID and family; other characters become underscores")
    func paths() {
        var settings = RouterSettings(name: "VI_1")
        settings.interface = "eth0.10"
        settings.routerID = 7
        #expect(BusPaths(qualifiers: [], wordWithoutInterface: nil).instance(settings) == Self.path)
        settings.interface = nil
        settings.family = .ipv6
        let paths = BusPaths(qualifiers: ["red-ns", "a"], wordWithoutInterface: nil)
        #expect(paths.instance(settings) == "/org/keepalived/Vrrp1/red_ns/a/Instance/none/7/IPv6")
        #expect(paths.all == "/org/keepalived/Vrrp1/red_ns/a/Vrrp")
    }

    @Test("the state is a number and a word, and follows the instance")
    func state() {
        var objects = Self.objects
        let get = Self.call("Get", "org.freedesktop.DBus.Properties", "org.keepalived.Vrrp1.Instance", "State")
        #expect(objects.answer(get).0 == .values([.variant(.structure([.unsigned(1), .string("Backup")]))]))
        objects.note(.change(path: Self.path, .master))
        #expect(objects.answer(get).0 == .values([.variant(.structure([.unsigned(2), .string("Master")]))]))
    }

    @Test("GetAll gives name and state")
    func properties() {
        let call = Self.call("GetAll", "org.freedesktop.DBus.Properties", "org.keepalived.Vrrp1.Instance")
        #expect(
            Self.objects.answer(call).0
                == .values([
                    .dictionary([
                        (key: "Name", value: .string("VI_1")),
                        (key: "State", value: .structure([.unsigned(1), .string("Backup")])),
                    ])
                ]))
    }

    @Test("methods become orders", arguments: [
        (call("PrintData", "org.keepalived.Vrrp1.Vrrp", at: all), BusOrder.printData),
        (call("PrintStats", "org.keepalived.Vrrp1.Vrrp", at: all), .printStatistics),
        (call("PrintStatsClear", "org.keepalived.Vrrp1.Vrrp", at: all), .printAndClearStatistics),
        (call("ReloadConfig", "", at: all), .reload),
        (call("SendGarp", "org.keepalived.Vrrp1.Instance"), .announce(path: path)),
    ])
    func orders(call: BusCall, order: BusOrder) {
        #expect(Self.objects.answer(call).1 == order)
        #expect(BusOrder(bytes: order.bytes) == order)
    }

    @Test("who asks for what is not there is told so", arguments: [
        call("SendGarp", "org.keepalived.Vrrp1.Instance", at: "/nowhere"),
        call("PrintData", "org.keepalived.Vrrp1.Vrrp"),
        call("Explode", "org.keepalived.Vrrp1.Vrrp", at: all),
        call("Get", "org.freedesktop.DBus.Properties", "org.keepalived.Vrrp1.Instance", "Colour"),
        call("Get", "org.freedesktop.DBus.Properties"),
        call("Set", "org.freedesktop.DBus.Properties", "org.keepalived.Vrrp1.Instance", "Name"),
        call("Introspect", "org.freedesktop.DBus.Introspectable", at: "/elsewhere"),
    ])
    func refusals(call: BusCall) {
        let (answer, order) = Self.objects.answer(call)
        #expect(order == nil)
        guard case .failure = answer else { return #expect(Bool(false), "\(call.member) was answered") }
    }

    @Test("a browser finds its way from the root to the instance")
    func introspection() throws {
        #expect(try #require(Self.objects.introspection(of: "/")).contains(#"<node name="org"/>"#))
        let top = try #require(Self.objects.introspection(of: "/org/keepalived/Vrrp1"))
        #expect(top.contains(#"<node name="Instance"/>"#) && top.contains(#"<node name="Vrrp"/>"#))
        let leaf = try #require(Self.objects.introspection(of: Self.path))
        #expect(leaf.contains(#"<property type="(us)" name="State" access="read"/>"#) && !leaf.contains("<node name="))
    }

    @Test("what one process writes the other reads", arguments: [
        BusMessage.clear, .instance(path: path, name: "VI/1 \u{e9}", .fault), .change(path: path, .stopped), .started, .reloaded,
        .stopped,
    ])
    func messages(message: BusMessage) {
        #expect(BusMessage(bytes: message.bytes) == message)
        if message.bytes.count > 1 { #expect(BusMessage(bytes: Array(message.bytes.prefix(4))) == nil) }
    }
}
