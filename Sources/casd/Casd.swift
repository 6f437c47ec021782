@main struct Casd { static func main() {} }
