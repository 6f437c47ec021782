import FastCGI
import Glibc
import Platform
import TestSupport
import Testing

@Suite("The listening socket") struct ListeningSocketTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/casd-\(getpid())-\(hexadecimal(systemRandomBytes(6)))"
        try File.makeDirectory(folder)
        defer {
            for name in (try? File.names(in: folder)) ?? [] { File.remove("\(folder)/\(name)") }
            unsafe rmdir(folder)
        }
        try body(folder)
    }

    @Test func `the file has exactly the asked permissions and nothing is left beside it`() throws {
        try inFolder { folder in
            let path = "\(folder)/casd.sock"
            for permissions: UInt32 in [0o660, 0o600, 0o666] {
                let socket = try ListeningSocket.unix(path: path, permissions: permissions)
                #expect(File.permissions(path) == permissions)
                #expect(try File.names(in: folder) == ["casd.sock"])
                withExtendedLifetime(socket) {}
            }
        }
    }

    @Test func `the umask changes nothing`() async {
        await #expect(processExitsWith: .success) {
            for mask: mode_t in [0, 0o022, 0o777] {
                umask(mask)
                let path = "/tmp/casd-umask-\(getpid()).sock"
                let socket = try ListeningSocket.unix(path: path)
                guard File.permissions(path) == 0o660 else { exit(3) }
                socket.removeFile()
                guard !File.exists(path) else { exit(4) }
            }
            exit(0)
        }
    }

    @Test func `another socket is replaced, and its owner does not remove the new one`() throws {
        try inFolder { folder in
            let path = "\(folder)/casd.sock"
            let old = try ListeningSocket.unix(path: path)
            let new = try ListeningSocket.unix(path: path)
            old.removeFile()
            #expect(File.exists(path))
            new.removeFile()
            #expect(!File.exists(path))
        }
    }

    @Test func `a path that leads to something else is refused and left alone`() throws {
        try inFolder { folder in
            let path = "\(folder)/precious"
            try File.replace(path, with: [1])
            #expect(throws: FastCGIError.self) { try ListeningSocket.unix(path: path) }
            #expect(try File.read(path) == [1])
            #expect(throws: FastCGIError.self) { try ListeningSocket.unix(path: folder) }
        }
    }

    @Test func `a path that cannot be made is refused`() throws {
        let long = "/tmp/" + String(repeating: "x", count: 120) + "/casd.sock"
        #expect(throws: FastCGIError.self) { try ListeningSocket.unix(path: long) }
        #expect(throws: FastCGIError.self) { try ListeningSocket.unix(path: "/none/casd.sock") }
        #expect(throws: FastCGIError("group no-such-group", reason: "unknown")) {
            try ListeningSocket.unix(path: "/tmp/casd.sock", group: "no-such-group")
        }
    }

    @Test func `the group is set`() throws {
        try inFolder { folder in
            let path = "\(folder)/casd.sock"
            let socket = try ListeningSocket.unix(path: path, group: "root")
            #expect(File.permissions(path) == 0o660)
            withExtendedLifetime(socket) {}
        }
    }

    @Test func `an inherited descriptor is adopted`() throws {
        try inFolder { folder in
            let made = try ListeningSocket.unix(path: "\(folder)/casd.sock")
            let adopted = try ListeningSocket.adopted(descriptor: dup(made.descriptor))
            #expect(fcntl(adopted.descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(adopted.descriptor, F_GETFL) & O_NONBLOCK != 0)
            #expect(throws: FastCGIError.self) { try ListeningSocket.adopted(descriptor: 999) }
            let plain = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(plain) }
            #expect(throws: FastCGIError.self) { try ListeningSocket.adopted(descriptor: plain) }
        }
    }

    @Test func `systemd's socket is found when it is meant for this process`() async {
        await #expect(processExitsWith: .success) {
            let path = "/tmp/casd-systemd-\(getpid()).sock"
            let made = try ListeningSocket.unix(path: path)
            defer { made.removeFile() }
            let first = dup(made.descriptor)
            unsafe setenv("LISTEN_FDS", "1", 1)
            unsafe setenv("LISTEN_PID", "1", 1)
            guard try ListeningSocket.inherited(first: first) == nil else { exit(3) }
            guard unsafe getenv("LISTEN_FDS") == nil else { exit(4) }
            unsafe setenv("LISTEN_FDS", "1", 1)
            unsafe setenv("LISTEN_PID", String(getpid()), 1)
            guard try ListeningSocket.inherited(first: first)?.descriptor == first else {
                exit(5)
            }
            unsafe setenv("LISTEN_FDS", "2", 1)
            unsafe setenv("LISTEN_PID", String(getpid()), 1)
            do {
                _ = try ListeningSocket.inherited()
                exit(6)
            } catch {}
            File.remove(path)
            exit(0)
        }
    }

    @Test func `descriptor 0 is found when it is a listening socket`() async {
        await #expect(processExitsWith: .success) {
            let path = "/tmp/casd-zero-\(getpid()).sock"
            let made = try ListeningSocket.unix(path: path)
            dup2(made.descriptor, 0)
            File.remove(path)
            guard try ListeningSocket.inherited()?.descriptor == 0 else { exit(3) }
            exit(0)
        }
    }

    @Test func `only TCP addresses of this machine alone count as loopback`() throws {
        #expect(try !ListeningSocket.tcp(host: "127.0.0.1", port: 0).isBeyondLoopback)
        #expect(try !ListeningSocket.tcp(host: "127.8.9.1", port: 0).isBeyondLoopback)
        #expect(try !ListeningSocket.tcp(host: "::1", port: 0).isBeyondLoopback)
        #expect(throws: FastCGIError.self) { try ListeningSocket.tcp(host: "localhost", port: 0) }
        #expect(throws: FastCGIError.self) { try ListeningSocket.tcp(host: "192.0.2.1", port: 0) }
        let path = "/tmp/casd-\(getpid())-\(hexadecimal(systemRandomBytes(6))).sock"
        let socket = try ListeningSocket.unix(path: path)
        defer { socket.removeFile() }
        #expect(!socket.isBeyondLoopback)
        #expect(socket.port == nil)
    }

    @Test func `starting libfcgi leaves the process's signals alone`() async {
        await #expect(processExitsWith: .success) {
            try LoopFixture.run { fixture in
                _ = try fixture.request([("N", "1")])
                for number in [SIGTERM, SIGUSR1] {
                    var action = sigaction()
                    unsafe sigaction(number, nil, &action)
                    guard unsafe action.__sigaction_handler.sa_handler == nil else { exit(3) }
                }
                raise(SIGPIPE)
            }
            exit(0)
        }
    }
}
