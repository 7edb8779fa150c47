// SPDX-License-Identifier: GPL-2.0-or-later

/// Types of messages to and from nftables (NFT_MSG_*), and of those that frame a batch (NFNL_MSG_BATCH_*).
public enum NFMessage {
    /// NFNL_SUBSYS_NFTABLES, the upper byte of a message's type.
    public static let subsystem: UInt16 = 10
    public static let begin: UInt16 = 16
    public static let end: UInt16 = 17
    public static let newTable: UInt16 = 0
    public static let deleteTable: UInt16 = 2
    public static let newChain: UInt16 = 3
    public static let deleteChain: UInt16 = 5
    public static let newRule: UInt16 = 6
    public static let deleteRule: UInt16 = 8
    public static let newSet: UInt16 = 9
    public static let deleteSet: UInt16 = 11
    public static let newElement: UInt16 = 12
    public static let deleteElement: UInt16 = 14
}

/// NFTA_TABLE_*
enum NFTableAttribute {
    static let name: UInt16 = 1
}

/// NFTA_CHAIN_*
enum NFChainAttribute {
    static let table: UInt16 = 1
    static let name: UInt16 = 3
    static let hook: UInt16 = 4
    static let policy: UInt16 = 5
    static let type: UInt16 = 7
}

/// NFTA_HOOK_*
enum NFHookAttribute {
    static let number: UInt16 = 1
    static let priority: UInt16 = 2
}

/// NFTA_RULE_*
enum NFRuleAttribute {
    static let table: UInt16 = 1
    static let chain: UInt16 = 2
    static let expressions: UInt16 = 4
}

/// NFTA_SET_*
enum NFSetAttribute {
    static let table: UInt16 = 1
    static let name: UInt16 = 2
    static let flags: UInt16 = 3
    static let keyType: UInt16 = 4
    static let keyLength: UInt16 = 5
    static let dataType: UInt16 = 6
    static let dataLength: UInt16 = 7
    static let description: UInt16 = 9
    static let id: UInt16 = 10
    static let userData: UInt16 = 13
    static let expression: UInt16 = 17
}

/// NFTA_SET_DESC_*
enum NFSetDescriptionAttribute {
    static let concatenation: UInt16 = 2
}

/// NFTA_SET_FIELD_*
enum NFSetFieldAttribute {
    static let length: UInt16 = 1
}

/// NFTA_SET_ELEM_LIST_*
enum NFElementListAttribute {
    static let table: UInt16 = 1
    static let set: UInt16 = 2
    static let elements: UInt16 = 3
}

/// NFTA_SET_ELEM_*
enum NFElementAttribute {
    static let key: UInt16 = 1
    static let data: UInt16 = 2
    static let keyEnd: UInt16 = 10
}

/// NFTA_LIST_*
enum NFListAttribute {
    static let element: UInt16 = 1
}

/// NFTA_EXPR_*
enum NFExpressionAttribute {
    static let name: UInt16 = 1
    static let data: UInt16 = 2
}

/// NFTA_DATA_*
enum NFDataAttribute {
    static let value: UInt16 = 1
    static let verdict: UInt16 = 2
}
