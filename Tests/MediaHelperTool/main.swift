import Glibc
import Media

// As the server runs it: `helper media`. With `dying FILE` it ends at once when that file does not exist yet, and makes it.
switch CommandLine.arguments.dropFirst().first {
case "dying":
    let file = open(CommandLine.arguments.last ?? "", O_WRONLY | O_CREAT | O_EXCL, 0o600)
    if file >= 0 { kill(getpid(), SIGKILL) }
    exit(MediaHelper.main())
default:
    exit(MediaHelper.main())
}
