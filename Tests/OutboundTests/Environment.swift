import Glibc

/// Sets variables of this process's environment; for processes that a test has for itself.
func setForProcess(_ variables: [String: String]) {
    for (name, value) in variables { _ = unsafe setenv(name, value, 1) }
}
