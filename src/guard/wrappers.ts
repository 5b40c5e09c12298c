// Programs that run another program: what of their words is theirs, and where the other one begins. How that is read: wrap.ts.
import type { Grammar } from './arguments.ts'

export interface Wrapper extends Grammar {
  readonly names: string
  /** Operands of its own before the command: the seconds of `timeout`, the file of `flock`. */
  readonly skip?: number
  /** The word behind which the command stands: `aws-vault exec profile -- cmd`. */
  readonly behind?: string
  /** With one of these as its first word it runs what follows; with any other it is a tool like others. */
  readonly verb?: string
  /** The words are a text for a shell: all of them one, or each its own. */
  readonly lines?: 'one' | 'each'
  /** `A=1` before the command sets the environment. */
  readonly assigns?: true
  /** Runs as root, or as the user that this option names. */
  readonly user?: string
  /** Options whose value is a text for a shell: `su -c`, `script -c`. */
  readonly code?: string
  /** Options that name a file in which it leaves what it saw; behind `|` a program that gets it. */
  readonly files?: string
  /** Options that name a directory in which it leaves what it saw. */
  readonly trees?: string
  /** Options with a property of a unit: `EnvironmentFile=`. */
  readonly properties?: string
  /** Options that name the directory it runs in. */
  readonly directory?: string
  /** Options after which nothing is run: `sudo -l`. */
  readonly idle?: string
  /** Starts a shell that reads what comes in where no command is given; always, or with one of these options. */
  readonly shell?: true | string
  /** The root directory is another one, or the command runs in other namespaces: paths are not ours. */
  readonly elsewhere?: true
  /** The option that names the program itself. */
  readonly program?: string
  /** `-S` holds words that stand in its place. */
  readonly splits?: true
  /** Its options have two values each: the first word that is no path is the command. */
  readonly pairs?: true
}

/** Keepers of versions, task runners and the like: a program behind a verb, or a text that they give to a shell. */
const RUNNERS: readonly Wrapper[] = [
  { names: 'rbenv pyenv nodenv goenv jenv phpenv plenv swiftenv', verb: 'exec' },
  { names: 'rustup', verb: 'run', skip: 1 },
  { names: 'volta', verb: 'run', long: 'node npm yarn pnpm env' },
  { names: 'fnm', verb: 'exec', long: 'using' },
  { names: 'nvm', verb: 'exec' },
  { names: 'pixi', verb: 'run exec', short: 'es', long: 'manifest-path environment feature spec' },
  { names: 'devbox', verb: 'run', short: 'ce', long: 'config env env-file environment' },
  { names: 'lerna nx', verb: 'exec', long: 'scope ignore since concurrency project projects exclude' },
  { names: 'distrobox', verb: 'enter', skip: 1, short: 'na', long: 'name additional-flags' },
  { names: 'toolbox', verb: 'run', short: 'cdr', long: 'container distro release' },
  { names: 'podman buildah', verb: 'unshare' },
  { names: 'perf', verb: 'stat record trace', short: 'aeoCptFGrIDmcj', long: 'event output cpu pid tid' },
  { names: 'rr', verb: 'record' },
  { names: 'guix', verb: 'shell environment', behind: '--' },
  { names: 'nix', verb: 'develop shell print-dev-env', behind: '-c --command' },
  { names: 'nix-shell', short: 'pAEI', long: 'run command packages attr expr keep', code: 'run command' },
  {
    names: 'flatpak',
    verb: 'run',
    skip: 1,
    program: 'command',
    long: 'command arch branch filesystem share socket device env cwd',
  },
  { names: 'watchexec', lines: 'one', short: 'ewifdsE', long: 'exts watch ignore filter debounce signal' },
  { names: 'reflex', short: 'rRgGd', long: 'regex inverse-regex glob inverse-glob decoration' },
  { names: 'onchange', behind: '--' },
  { names: 'chokidar', style: 'gnu', code: 'c command', short: 'cidpt', long: 'command ignore debounce' },
  {
    names: 'concurrently conc',
    style: 'gnu',
    lines: 'each',
    short: 'nclpmtsk',
    long: 'names name-separator prefix prefix-colors prefix-length timestamp-format success max-processes',
  },
  { names: 'wsl', short: 'du', long: 'distribution user cd' },
  { names: 'cross-env', assigns: true },
  { names: 'cross-env-shell', assigns: true, lines: 'one' },
  // On another host.
  { names: 'tsh', verb: 'ssh', skip: 1, lines: 'one', short: 'lpLDJ', long: 'proxy login', elsewhere: true },
  { names: 'adb', verb: 'shell', lines: 'one', short: 'sHPtL', elsewhere: true },
  { names: 'consul', verb: 'exec', lines: 'one', elsewhere: true },
  {
    names: 'vagrant cf',
    verb: 'ssh',
    style: 'gnu',
    short: 'ci',
    long: 'command',
    code: 'c command',
    elsewhere: true,
  },
]

export const WRAPPERS: readonly Wrapper[] = [
  {
    names: 'sudo sudo-rs',
    short: 'ugpCTrthDRUa',
    long: 'user group host prompt close-from chdir role type command-timeout other-user chroot',
    user: 'u user',
    directory: 'D chdir',
    idle: 'l v k K list validate reset-timestamp remove-timestamp',
    shell: 's i shell login',
    assigns: true,
  },
  { names: 'doas', short: 'uC', user: 'u', idle: 'L', shell: 's' },
  { names: 'pkexec', long: 'user', user: 'user' },
  { names: 'gksudo gksu kdesudo kdesu beesu', short: 'u', long: 'user', user: 'u user' },
  {
    names: 'run0',
    long: 'user uid unit property slice chdir nice setenv background',
    user: 'user',
    directory: 'chdir',
  },
  {
    names: 'su',
    short: 'csgGw',
    long: 'command shell group supp-group whitelist-environment session-command',
    code: 'c command session-command',
    user: '',
    style: 'gnu',
    shell: true,
  },
  {
    names: 'runuser',
    short: 'ucsgGw',
    long: 'user command shell group supp-group whitelist-environment session-command',
    code: 'c command session-command',
    user: 'u user',
    shell: true,
  },
  { names: 'sg', skip: 1, code: 'c', lines: 'one' },
  { names: 'newgrp', skip: 1, shell: true },
  { names: 'setpriv', long: 'reuid regid groups init-groups ruid euid rgid egid', user: 'reuid' },
  { names: 'gosu su-exec setuidgid', skip: 1, user: '' },
  { names: 'chpst softlimit', short: 'uUbeEndmofpcrt0123', user: 'u' },
  { names: 'envdir envuidgid', skip: 1 },
  {
    names: 'env genv',
    splits: true,
    short: 'uCP',
    long: 'unset chdir block-signal default-signal ignore-signal',
    assigns: true,
    directory: 'C chdir',
  },
  { names: 'nice', short: 'n', long: 'adjustment' },
  { names: 'ionice', short: 'cnpPu', long: 'class classdata pid' },
  { names: 'chrt', short: 'TPD', long: 'sched-runtime sched-period sched-deadline', skip: 1 },
  { names: 'taskset', skip: 1, idle: 'p pid' },
  {
    names: 'numactl',
    short: 'NmpCi',
    long: 'cpunodebind membind preferred physcpubind interleave',
    idle: 's H show hardware',
  },
  { names: 'prlimit cgexec', short: 'gp', idle: 'p pid' },
  { names: 'cpulimit', short: 'lpeP' },
  {
    names:
      'nohup chronic eatmydata catchsegv dumb-init unbuffer setarch linux32 linux64 i386 x86_64 fakeroot dbus-run-session dbus-launch ssh-agent ccache distcc ifne',
  },
  { names: 'tini', short: 'pe' },
  { names: 'setsid' },
  // Out of the container, onto the machine that it runs on.
  { names: 'distrobox-host-exec host-spawn', short: 'e', long: 'env cwd directory' },
  {
    names: 'flatpak-spawn',
    long: 'env unset-env directory forward-fd sandbox-expose sandbox-expose-ro sandbox-flag a11y-own-name app-path',
    flags: 'host watch-bus sandbox clear-env no-network latest-version verbose',
    directory: 'directory',
  },
  { names: 'timeout gtimeout', short: 'ks', long: 'kill-after signal', skip: 1 },
  { names: 'stdbuf gstdbuf', short: 'ioe', long: 'input output error' },
  { names: 'faketime', skip: 1, short: 'fp' },
  { names: 'proxychains proxychains4 torsocks torify', short: 'fuPap' },
  { names: 'caffeinate', short: 'tw' },
  { names: 'aa-exec', short: 'pn', long: 'profile namespace' },
  { names: 'time gtime', short: 'fo', long: 'format output', files: 'o output' },
  { names: 'chroot', long: 'userspec groups', skip: 1, elsewhere: true },
  { names: 'unshare', short: 'SGRw', long: 'setuid setgid root wd map-user map-group map-users map-groups' },
  { names: 'nsenter', short: 'tSG', long: 'target setuid setgid' },
  {
    names: 'systemd-nspawn',
    short: 'DMubSpE',
    long: 'directory machine user bind bind-ro image',
    elsewhere: true,
  },
  { names: 'arch-chroot', skip: 1, short: 'u', elsewhere: true },
  {
    names: 'flock',
    short: 'wEc',
    long: 'timeout wait conflict-exit-code command',
    skip: 1,
    code: 'c command',
  },
  {
    names: 'strace ltrace',
    short: 'abeEoOpPsSuUIX',
    long: 'trace output attach user',
    idle: 'p attach',
    files: 'o output',
  },
  {
    names: 'valgrind',
    files:
      'log-file xml-file massif-out-file callgrind-out-file cachegrind-out-file dhat-out-file bb-out-file pc-out-file',
  },
  // The loader runs the program that it is given.
  {
    names:
      'ld.so ld-linux.so.2 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 ld-linux-armhf.so.3 ld-musl-x86_64.so.1 ld-musl-aarch64.so.1',
    long: 'library-path preload argv0 audit inhibit-rpath glibc-hwcaps-prepend glibc-hwcaps-mask',
  },
  { names: 'gdb lldb', short: 'xp', long: 'command pid', idle: 'p pid' },
  { names: 'script', short: 'cEmoO', long: 'command', code: 'c command', skip: 1 },
  {
    names: 'systemd-run',
    short: 'uptMHE',
    long: 'unit property slice description uid gid machine on-active on-boot on-calendar on-startup on-unit-active working-directory setenv service-type nice timer-property host path-property socket-property',
    user: 'uid',
    directory: 'working-directory',
    properties: 'p property',
  },
  {
    names: 'nyc c8',
    short: 'rxnoe',
    long: 'reporter reports-dir report-dir temp-directory temp-dir exclude include extension cwd src check-coverage lines functions branches statements',
    trees: 'o reports-dir report-dir temp-directory temp-dir',
  },
  { names: 'systemd-inhibit systemd-cat', short: 't', long: 'what who why mode identifier priority' },
  { names: 'firejail' },
  { names: 'bwrap', pairs: true },
  { names: 'xvfb-run', short: 'nsefl', long: 'server-args server-num error-file auth-file wait' },
  { names: 'busybox toybox' },
  {
    names: 'start-stop-daemon',
    short: 'acdgnNopPrRsuxCIkK',
    long: 'exec startas pidfile chuid group name nicelevel chdir chroot signal retry user make-pidfile',
    flags: 'start stop status test background oknodo quiet help version',
    user: 'c chuid',
    program: 'x exec a startas',
    idle: 'K stop T status',
  },
  { names: 'daemonize', short: 'aceopluEL' },
  { names: 'choom', short: 'np', long: 'adjust pid', idle: 'p pid' },
  { names: 'dtach abduco', skip: 1, short: 'nAcaerEz' },
  {
    names:
      'xterm urxvt rxvt konsole alacritty kitty foot xfce4-terminal lxterminal terminator gnome-terminal mate-terminal',
    behind: '-e -x --',
  },
  { names: 'aws-vault chamber', behind: '--' },
  { names: 'envchain', skip: 1 },
  { names: 'doppler infisical teller', behind: '--' },
  { names: 'retry', short: 'tdmb', long: 'times delay max min' },
  { names: 'proot', short: 'rbwqkRSpm', long: 'rootfs bind cwd qemu kernel-release' },
  { names: 'arch', short: 'ed', long: 'arch env' },
  { names: 'trickle', short: 'dutwLP' },
  { names: 'heaptrack', short: 'op', long: 'output pid', idle: 'p pid a analyze' },
  ...RUNNERS,
]
