import Platform
import Testing

@testable import CASServer

/// Writes all sample pages, their policies and the stylesheet, for whoever wants to look at them.
@Suite("A preview of the pages") struct PagePreview {
    private static let folder = CurrentProcess.environment("CASD_PREVIEW")

    @Test(.enabled(if: folder != nil, "CASD_PREVIEW names the folder to write them to"))
    func `all pages are written to the folder`() throws {
        guard let folder = Self.folder else { return }
        let assets = folder + "/cas/assets"
        for path in [folder, folder + "/cas", assets] where !File.exists(path) {
            try File.makeDirectory(path)
        }
        try File.replace(assets + "/casd.css", with: Stylesheet.bytes)
        for sample in Sample.all {
            try File.replace("\(folder)/\(sample.name).html", with: Array(sample.html.utf8))
            try File.replace("\(folder)/\(sample.name).policy", with: Array(sample.policy.utf8))
        }
    }
}
