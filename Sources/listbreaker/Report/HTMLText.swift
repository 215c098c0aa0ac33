// SPDX-License-Identifier: Apache-2.0
//
// Text of strangers within HTML: nothing of it is markup, nothing steers a terminal or the order of
// letters, and nothing is loaded from elsewhere.

internal import Words

/// Text for HTML.
enum HTMLText {
    /// `text` for an element or an attribute in quotation marks.
    static func escaped(_ text: String) -> String {
        var result = ""
        for letter in told(text).unicodeScalars {
            switch letter {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(letter)
            }
        }
        return result
    }
}
