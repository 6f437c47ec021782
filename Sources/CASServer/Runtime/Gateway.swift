internal import FastCGI
internal import HTTP

/// The border between the transport and the server: parameters become a request, a response
/// becomes bytes.
struct Gateway: Sendable {
    let app: App

    /// The parameters that become part of a request.
    var parameterNames: [String] {
        CGIParameters.names + [app.certificateHeader].compactMap(\.self)
    }

    /// Fields that every answer carries.
    private static let constantFields = Array(
        ("X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n").utf8)

    /// The same and what keeps answers out of caches, unless the answer says otherwise.
    private static let uncachedFields =
        Array("Cache-Control: no-store\r\nPragma: no-cache\r\n".utf8) + constantFields

    /// Where a request is answered, judged by its raw parameters.
    func lane(of request: FastCGIRequest) -> Lane {
        var method = ""
        var target = ""
        var hasCredential = false
        for parameter in request.parameters {
            switch parameter.name.utf8.count {
            case 14 where parameter.name == "REQUEST_METHOD": method = parameter.value
            case 11 where parameter.name == "REQUEST_URI": target = parameter.value
            case 15 where parameter.name == "SSL_CLIENT_CERT":
                hasCredential = hasCredential || !parameter.value.isEmpty
            case 10 where parameter.name == "HTTP_TOKEN" && app.takesTokens:
                hasCredential = hasCredential || !parameter.value.isEmpty
            default:
                if parameter.name == app.certificateHeader, !parameter.value.isEmpty {
                    hasCredential = true
                }
            }
        }
        let mayBlock = Route.mayBlock(
            method: method, target: target, hasCredential: hasCredential,
            takesTokens: app.takesTokens, body: request.body)
        return mayBlock ? .blocking : .fast
    }

    func respond(to request: FastCGIRequest) -> [UInt8] {
        let parameters = Self.parameters(of: request)
        if let fault = request.fault {
            let read = try? parameters.request(body: [])
            return render(app.refuse(RequestFault(fault), parameters.facts, read), withBody: true)
        }
        do {
            let read = try parameters.request(body: request.body)
            return render(app.respond(to: read), withBody: read.method != .head)
        } catch {
            return render(app.refuse(error, parameters.facts), withBody: true)
        }
    }

    func overloaded(_ request: FastCGIRequest) -> [UInt8] {
        let parameters = Self.parameters(of: request)
        // A request that cannot be read gets the page, as everything that is no REST request.
        let read = try? parameters.request(body: [])
        return render(app.overloaded(read, parameters.facts), withBody: true)
    }

    private func render(_ response: Response, withBody: Bool) -> [UInt8] {
        let isCacheable = response["Cache-Control"] != nil
        return response.cgi(
            constantFields: isCacheable ? Self.constantFields : Self.uncachedFields,
            withBody: withBody)
    }

    private static func parameters(of request: FastCGIRequest) -> CGIParameters {
        var parameters = CGIParameters()
        for parameter in request.parameters { parameters.add(parameter.name, parameter.value) }
        return parameters
    }
}

extension RequestFault {
    init(_ fault: FastCGIRequest.Fault) {
        self =
            switch fault {
            case .bodyTooLarge: .bodyTooLarge
            case .tooManyParameters: .parameters("too many")
            case .parametersTooLarge: .parameters("too large")
            case .duplicateParameter(let name): .parameters("\(name) is there twice")
            case .invalidText: .parameters("not UTF-8")
            }
    }
}
