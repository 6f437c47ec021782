internal import Platform

// How failed logins slow down further ones.
extension ConfigurationReader {
    func readThrottle(
        _ section: ConfigurationSection, _ throttle: inout Configuration.Throttle
    ) {
        throttle.isEnabled = section.bool("enabled", default: throttle.isEnabled)
        throttle.failures = section.integer(
            "failures", default: throttle.failures, in: 1...10_000)
        throttle.addressFailures = section.integer(
            "address_failures", default: max(throttle.addressFailures, throttle.failures),
            in: 1...10_000)
        if throttle.addressFailures < throttle.failures {
            section.report(
                "address_failures",
                "must not be less than throttle.failures: many people share an address")
        }
        throttle.window = section.duration(
            "window", default: throttle.window, in: .seconds(10)...day)
        throttle.delayMax = section.duration(
            "delay_max", default: throttle.delayMax, in: .seconds(1)...day)
        throttle.restStatus = section.choice(
            "rest_status", default: throttle.restStatus, from: ["423": 423, "429": 429])
        throttle.exemptNetworks = networks("exempt_networks", section)
        throttle.deviceLifetime = section.duration(
            "device_lifetime", default: throttle.deviceLifetime,
            in: .seconds(3600)...(day * 366))
        section.finish()
    }
}
