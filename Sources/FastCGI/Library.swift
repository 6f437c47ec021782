internal import CFastCGI
internal import Glibc

/// libfcgi's own start, once a process.
enum Library {
    /// 0, or what libfcgi said.
    static let initialized: Int32 = {
        // Both only matter if libfcgi accepts or closes by itself, which it must not get to do.
        unsafe setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "20", 1)
        unsafe setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "20", 1)
        // libfcgi takes these three signals, even where they are ignored.
        var terminate = sigaction()
        var user = sigaction()
        unsafe sigaction(SIGTERM, nil, &terminate)
        unsafe sigaction(SIGUSR1, nil, &user)
        let code = FCGX_Init()
        unsafe sigaction(SIGTERM, &terminate, nil)
        unsafe sigaction(SIGUSR1, &user, nil)
        signal(SIGPIPE, SIG_IGN)
        return code
    }()
}
