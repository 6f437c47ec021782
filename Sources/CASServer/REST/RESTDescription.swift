internal import HTTP
internal import JSON

/// The OpenAPI 3.1 description of everything below `/v1`, part of the program.
enum RESTDescription {
    /// Where it is served, below the prefix of the server.
    static let path = "/v1/openapi.json"

    /// The description as it is written, for a server of the documentation.
    static let bytes: [UInt8] = PackageResources.openapi_json

    /// The description of this server: its address, and no definitions if nobody may manage them.
    static func document(publicURL: String, hasServiceManagement: Bool) -> [UInt8] {
        // Losing the error is right: a test reads the resource, which cannot change.
        guard var document = (try? JSONValue(parsing: bytes))?.objectValue else { return bytes }
        document["servers"] = [["url": .string(publicURL)]]
        if !hasServiceManagement, let paths = document["paths"]?.objectValue {
            document["paths"] = .object(
                JSONObject(members: paths.members.filter { !$0.name.hasPrefix("/v1/services") }))
        }
        return Array(JSONValue.object(document).text().utf8)
    }

    static func response(_ document: [UInt8]) -> Response {
        Response(.ok, type: "application/json", body: document)
    }
}
