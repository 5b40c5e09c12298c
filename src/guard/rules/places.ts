// Places that matter whatever the policy says: the machine itself, homes, the working directory, a history, what starts with a login; and
// what is regenerated at any time, which nobody needs to be asked about.
import { isDevice } from '../devices.ts'
import type { Effect } from '../effect.ts'
import { isManifest } from '../manifests.ts'
import { intersect, isBare, isInside, type Path, type Segment, showPath } from '../path.ts'
import { type Compiled, pattern } from '../policy.ts'
import type { Value } from '../value.ts'
import type { Access } from './paths.ts'
import { type Judged, type Rule, verdictOf } from './rule.ts'

const all = (source: string): readonly Path[] => source.split(' ').map(pattern)

/** Never deleted, moved or re-owned as a whole. */
const ROOTS = all(
  '/ /bin /boot/** /dev /etc /home /lib /lib32 /lib64 /libx32 /lost+found /media /mnt /opt /proc/** /root /run /sbin /snap /srv /sys/** /tmp /usr /var /Users /System/** /Library /Applications /Volumes /private /nix /home/* /Users/* /usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/include /usr/share /usr/local /usr/src /usr/local/bin /usr/local/lib /var/lib /var/log /var/mail /var/spool /var/db /var/www /var/run /var/lock /var/cache /var/tmp /var/opt /var/backups /private/etc /private/var /private/tmp /mnt/* /media/* /mnt/c/Users /mnt/c/Windows/** /mnt/c/Users/* /var/lib/docker /var/lib/containerd /var/lib/kubelet /var/lib/postgresql /var/lib/mysql /var/lib/mongodb /var/lib/redis /var/lib/etcd /var/lib/dpkg /var/lib/rpm',
)
const SYSTEM = all(
  '/bin/** /boot/** /dev/** /etc/** /lib/** /lib64/** /proc/** /root/** /run/** /sbin/** /sys/** /usr/** /var/** /System/** /Library/** /Applications/**',
)
/** Copies by which everything else comes back; and links that are what a keeper of services runs. */
const COPIES = all('/var/backups/** /backup/** /backups/**')
const RUN_LINKS = all('/var/service/* /service/*')
/** What a login, a boot or the name service cannot do without. */
const VITAL = all(
  '/etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sudoers /etc/sudoers.d/** /etc/fstab /etc/ld.so.preload /etc/pam.d/** /etc/ssh/sshd_config /boot/** /bin /sbin /usr/bin /usr/sbin /lib /lib64 /usr/lib',
)
/** Directories that everything is reached through. */
const TOP = all('/ /etc /home /root /usr /usr/local /var /dev /run')
/** What is unpacked there lies over the system itself. */
const HIGHEST = all('/usr /var')
/** Programs and libraries of the system, and what it boots. */
const PROGRAMS = all(
  '/bin/** /sbin/** /usr/bin/** /usr/sbin/** /lib/** /lib64/** /usr/lib/** /usr/lib64/** /boot/**',
)
const SYSTEM_FILES = all(
  '/etc/** /boot/** /bin/** /sbin/** /lib/** /lib64/** /usr/bin/** /usr/sbin/** /usr/lib/** /usr/lib64/** /usr/local/bin/** /usr/local/sbin/** /usr/local/lib/** /usr/share/** /usr/local/share/ca-certificates/** /var/log/** /var/lib/** /var/spool/** /sys/** /proc/sys/** /run/systemd/system/** /run/systemd/system.control/** /run/systemd/transient/** /run/systemd/network/** /run/udev/rules.d/** /System/** /Library/LaunchDaemons/** /Library/LaunchAgents/**',
)
const STARTUP = all(
  '/**/.bashrc /**/.bash_profile /**/.bash_login /**/.bash_logout /**/.profile /**/.zshrc /**/.zshenv /**/.zprofile /**/.zlogin /**/.config/fish/config.fish /**/.ssh/authorized_keys /**/.ssh/known_hosts /**/.ssh/config /**/.ssh/rc /**/.ssh/environment /**/.config/autostart/** /**/.config/systemd/user/** /**/Library/LaunchAgents/** /**/.gitconfig /**/.config/git/config',
)
const HISTORIES = all(
  '/**/.bash_history /**/.zsh_history /**/.sh_history /**/.python_history /**/.mysql_history /**/.psql_history /**/.local/share/fish/fish_history',
)
const KERNEL = all('/proc/sysrq-trigger /proc/kcore /dev/mem /dev/kmem /dev/port')
const GIT_CODE = all('/**/.git/hooks/** /**/.git/config /**/.husky/** /**/.githooks/**')
const TEMPORARY = all(
  '/tmp/*/** /var/tmp/*/** /private/tmp/*/** /private/var/folders/*/*/*/** /var/folders/*/*/*/** /dev/shm/*/**',
)

/** Files that are there to be there, and for nothing in them. */
const PLACEHOLDERS = new Set(['.gitkeep', '.keep', '.nojekyll', '__init__.py', 'py.typed'])

/** Names of directories that a build, a package manager or a test run makes again. */
const REGENERATED = new Set(
  'node_modules bower_components dist build out target coverage htmlcov .nyc_output .cache cache _cacache __pycache__ .pytest_cache .mypy_cache .ruff_cache .hypothesis .tox .nox .eggs .venv venv .next .nuxt .output .svelte-kit .angular .astro .turbo .parcel-cache .vite .rollup.cache .webpack .sass-cache .gradle .docusaurus .serverless .aws-sam storybook-static obj DerivedData .build .dart_tool cmake-build-debug cmake-build-release _build tmp temp .tmp .temp test-results playwright-report .eslintcache .stylelintcache .tsbuildinfo .coverage .DS_Store'.split(
    ' ',
  ),
)
const REGENERATED_ENDS = [
  '.pyc',
  '.pyo',
  '.o',
  '.obj',
  '.class',
  '.tmp',
  '.temp',
  '.bak',
  '.swp',
  '.swo',
  '.orig',
  '.rej',
  '.log',
  '.cache',
  '.egg-info',
  '.tsbuildinfo',
  '.DS_Store',
  '~',
  '.pid',
  '.lock',
  '.cap',
  '.jca',
  '.gcda',
  '.gcno',
  '.coverage',
]
/** Names that nobody gives to data: what a walk by them finds is never data. */
const NEVER_DATA = new Set(
  'node_modules bower_components __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .next .nuxt .turbo .parcel-cache .svelte-kit .eslintcache .stylelintcache .nyc_output .DS_Store Thumbs.db'.split(
    ' ',
  ),
)
const NEVER_DATA_ENDS = ['.pyc', '.pyo', '.class', '.tsbuildinfo']

export function isNeverData({ segments }: Path): boolean {
  const last = segments.at(-1)
  if (last === undefined || last === 'tree') return false
  const end = last.at(-1)
  if (typeof end !== 'string') return false
  return last.length === 1 ? NEVER_DATA.has(end) : NEVER_DATA_ENDS.some((one) => end.endsWith(one))
}

const SYSTEM_RULE: Rule = { rule: 'fs.system', verdict: 'deny' }
const OUTSIDE_RULE: Rule = { rule: 'fs.system', verdict: 'ask' }
const DELETE_RULE: Rule = { rule: 'fs.delete', verdict: 'ask' }
const WHOLE_RULE: Rule = { rule: 'fs.whole', verdict: 'deny' }
const WHOLE_ASK: Rule = { rule: 'fs.whole', verdict: 'ask' }
const REPOSITORY_RULE: Rule = { rule: 'fs.repository', verdict: 'ask' }
const STARTUP_RULE: Rule = { rule: 'fs.startup', verdict: 'ask' }
const GIT_CODE_RULE: Rule = { rule: 'git.configure-code', verdict: 'ask' }
const MANIFEST_RULE: Rule = { rule: 'fs.manifest', verdict: 'ask' }
const MODE_RULE: Rule = { rule: 'fs.mode', verdict: 'ask' }
const TRUNCATE_RULE: Rule = { rule: 'fs.truncate', verdict: 'ask' }
const DEVICE_RULE: Rule = { rule: 'device.overwrite', verdict: 'deny' }
const HISTORY_RULE: Rule = { rule: 'history.destroy', verdict: 'ask' }

/** What a policy may change the answer of. */
export const PLACE_RULES: readonly Rule[] = [
  SYSTEM_RULE,
  DELETE_RULE,
  WHOLE_RULE,
  REPOSITORY_RULE,
  STARTUP_RULE,
  MANIFEST_RULE,
  MODE_RULE,
  TRUNCATE_RULE,
]

export function judgePlace(
  effect: Effect,
  target: Path,
  access: Access,
  compiled: Compiled,
  cwd: Path,
): readonly Judged[] {
  const rule = ruleFor(effect, target, access, cwd)
  if (rule === undefined) return []
  const unknown = effect.certainty === 'unknown' || target.loose
  const softened = unknown && rule.verdict === 'deny' ? { ...rule, verdict: 'ask' as const } : rule
  const one = rule === OUTSIDE_RULE ? { part: 'one' } : {}
  return [verdictOf(softened, compiled, { path: showPath(target), access, ...one })]
}

function ruleFor(effect: Effect, target: Path, access: Access, cwd: Path): Rule | undefined {
  if (access === 'read' || access === 'send' || effect.verb === 'path.mount') return undefined
  if (access === 'delete')
    return effect.verb === 'path.move' ? moved(effect, target, cwd) : deleted(effect, target, cwd)
  if (effect.verb === 'path.chmod' || effect.verb === 'path.chown') return owned(effect, target, cwd)
  return written(effect, target)
}

const within = (target: Path, patterns: readonly Path[]) => patterns.some((one) => isInside(target, one))

/** A walk over a whole tree counts as the tree. */
const isDeep = (effect: Effect, { segments }: Path) => effect.recursive === true || segments.at(-1) === 'tree'

function deleted(effect: Effect, target: Path, cwd: Path): Rule | undefined {
  const deep = isDeep(effect, target)
  if (target.loose) return deep && !isSafelyOpen(target) ? DELETE_RULE : undefined
  if (isTemporary(target) && !(deep && takesOthers(target))) return undefined
  if (!deep) return deletedFile(effect, target, cwd)
  if (isRoot(target)) return effect.note === 'filtered' ? OUTSIDE_RULE : SYSTEM_RULE
  if (hasName(target, '.git')) return REPOSITORY_RULE
  if (isWhole(target, cwd)) return effect.note === 'filtered' ? WHOLE_ASK : WHOLE_RULE
  if (isRegenerated(target)) return undefined
  if (within(target, SYSTEM)) return OUTSIDE_RULE
  // What a history keeps can be had again.
  return effect.reversible === 'yes' ? undefined : DELETE_RULE
}

/** One of the places themselves, or all that lies in one. */
function isRoot(target: Path): boolean {
  if (within(target, VITAL)) return true
  const bare = { ...target, segments: withoutBare(target.segments) }
  return within(target, ROOTS) || (bare.segments.length < target.segments.length && within(bare, ROOTS))
}

/** `dir/*` and a walk below it stand for the directory. */
function withoutBare(segments: readonly Segment[]): readonly Segment[] {
  let end = segments.length
  while (end > 0) {
    const last = segments[end - 1] as Segment
    if (last !== 'tree' && !isBare(last)) break
    end--
  }
  return segments.slice(0, end)
}

function deletedFile(effect: Effect, target: Path, cwd: Path): Rule | undefined {
  const named = lastName(target) !== undefined && !target.segments.includes('tree')
  if (named && within(target, STARTUP)) return STARTUP_RULE
  if (within(target, HISTORIES)) return HISTORY_RULE
  if (within(target, VITAL)) return SYSTEM_RULE
  if (hasName(target, '.git')) return REPOSITORY_RULE
  const last = target.segments.at(-1)
  const name = last === undefined || last === 'tree' ? undefined : last
  if (name !== undefined && isManifest(name)) return MANIFEST_RULE
  if (within(target, SYSTEM_FILES) || within(target, RUN_LINKS)) return OUTSIDE_RULE
  if (within(target, COPIES) && effect.reversible !== 'yes') return DELETE_RULE
  const walks = target.segments.includes('tree')
  if (
    name !== undefined &&
    isBare(name) &&
    isWhole({ ...target, segments: target.segments.slice(0, -1) }, cwd)
  )
    return WHOLE_ASK
  if (walks && !isRegenerated(target)) return DELETE_RULE
  if (effect.note === 'shred') return DELETE_RULE
  return undefined
}

function moved(effect: Effect, target: Path, cwd: Path): Rule | undefined {
  if (effect.note === 'nowhere' && !isTemporary(target)) return DELETE_RULE
  if (target.loose || isTemporary(target)) return undefined
  if (isRoot(target)) return SYSTEM_RULE
  if (within(target, SYSTEM_FILES)) return OUTSIDE_RULE
  if (lastName(target) === '.git') return REPOSITORY_RULE
  // What is put away can be taken out again.
  return effect.reversible !== 'yes' &&
    isAbove(target, cwd) &&
    target.segments.every((one) => one !== 'tree' && isPlain(one))
    ? WHOLE_ASK
    : undefined
}

function owned(effect: Effect, target: Path, cwd: Path): Rule | undefined {
  if (target.loose) return undefined
  if (effect.recursive === true || target.segments.includes('tree')) {
    if (isTemporary(target)) return undefined
    if (isRoot(target)) return SYSTEM_RULE
    if (within(target, SYSTEM)) return OUTSIDE_RULE
    if (isWhole(target, cwd)) return WHOLE_ASK
  }
  // A program that runs as its owner does so from anywhere.
  const isTaken = effect.note === 'not executable' || effect.note === 'closed'
  const opens = effect.note !== undefined && !isTaken && effect.note !== 'tightened'
  if (effect.note === 'setuid' || (opens && !isTemporary(target))) return MODE_RULE
  if (within(target, VITAL) || within(target, PROGRAMS) || within(target, TOP)) return OUTSIDE_RULE
  // A hook that cannot be started is as good as none.
  if (isTaken && lastName(target) !== undefined && within(asNamed(target), GIT_CODE)) return GIT_CODE_RULE
  return effect.verb === 'path.chown' && within(target, STARTUP) ? STARTUP_RULE : undefined
}

function written(effect: Effect, target: Path): Rule | undefined {
  const { segments } = target
  // A name that may be any is none of those.
  if (target.loose) return undefined
  if (segments.length === 0) return OUTSIDE_RULE
  if (within(target, KERNEL) || isDevice(target)) return DEVICE_RULE
  if (effect.note === 'shred') return isTemporary(target) || isRegenerated(target) ? undefined : DELETE_RULE
  if (segments.length > 0 && isBare(segments.at(-1) as Segment)) return undefined
  if (effect.note === 'emptied')
    return isTemporary(target) || isRegenerated(target) || PLACEHOLDERS.has(lastName(target) ?? '')
      ? undefined
      : TRUNCATE_RULE
  // Over a manifest with text that nobody has seen: the old one is gone.
  if (effect.note === 'replaced') return isManifest(segments.at(-1) as Value) ? MANIFEST_RULE : undefined
  // A directory that is only made is nothing lost.
  if (effect.verb === 'path.create' && effect.note === 'directory') return undefined
  if (effect.verb !== 'path.append' && within(asWalked(target), HISTORIES)) return HISTORY_RULE
  if (within(target, VITAL))
    return effect.verb === 'path.write' && effect.note !== 'edited' ? SYSTEM_RULE : OUTSIDE_RULE
  if (within(target, SYSTEM_FILES) || (effect.note === 'unpacked' && within(target, HIGHEST)))
    return OUTSIDE_RULE
  const walked = asWalked(target)
  if (within(walked, STARTUP)) return STARTUP_RULE
  if (within(asNamed(walked), GIT_CODE)) return GIT_CODE_RULE
  return undefined
}

/** An unknown name, as that of a home, is not taken for the one that has a meaning. */
const asNamed = ({ segments, loose }: Path): Path =>
  segments.some((one) => one !== 'tree' && isBare(one))
    ? { loose, segments: segments.map((one) => (one !== 'tree' && isBare(one) ? ['\0'] : one)) }
    : { segments, loose }

/** A walk below a directory does not aim at what may lie somewhere in it. */
const asWalked = ({ segments, loose }: Path): Path =>
  segments.includes('tree')
    ? { loose, segments: segments.map((one) => (one === 'tree' ? ['\0'] : one)) }
    : { segments, loose }

/** The directory itself or one above it; `dir/*` and a walk below it are the directory too. */
function isWhole(target: Path, cwd: Path): boolean {
  return isAbove({ segments: withoutBare(target.segments), loose: false }, cwd)
}

function isAbove({ segments }: Path, cwd: Path): boolean {
  return segments.length <= cwd.segments.length && intersect(segments, cwd.segments.slice(0, segments.length))
}

const isPlain = (segment: Segment) =>
  segment !== 'tree' && segment.every((piece) => typeof piece === 'string')
function hasName({ segments }: Path, name: string): boolean {
  return segments.some((one) => one !== 'tree' && one.length === 1 && one[0] === name)
}

const lastName = ({ segments }: Path): string | undefined => {
  const last = segments.at(-1)
  return last !== undefined && last !== 'tree' && last.length === 1 && typeof last[0] === 'string'
    ? last[0]
    : undefined
}

function isTemporary(target: Path): boolean {
  const { segments } = target
  if (target.loose || !within(target, TEMPORARY)) return false
  // `/*/x` may be a temporary directory and much else.
  const [first, second] = segments
  if (first === undefined || !isPlain(first) || second === undefined) return false
  const own = segments[nameOf(first) === 'tmp' ? 1 : 2]
  // An unknown name is one name; a star is all of them.
  return (
    own !== undefined &&
    own !== 'tree' &&
    !(isBare(own) && own.some((piece) => typeof piece !== 'string' && piece.wild !== 'component'))
  )
}

/** `/tmp/app-*`: directories of everybody who begins theirs like this. An unknown name is one name. */
function takesOthers({ segments }: Path): boolean {
  const [first] = segments
  const own = first === undefined || nameOf(first) !== 'tmp' ? segments[2] : segments[1]
  return (
    own !== undefined &&
    own !== 'tree' &&
    own.some((piece) => typeof piece !== 'string' && piece.wild !== 'component' && piece.wild !== 'any')
  )
}
const nameOf = (segment: Segment) => (segment === 'tree' ? undefined : segment[0])

/** `build-‹?›`, `node_modules/‹?›`: whatever it is, it is made again; unless it climbs out, which is not known. */
function isSafelyOpen({ segments }: Path): boolean {
  return segments.length > 2 && isPlain(segments[0] ?? 'tree') && isRegenerated({ segments, loose: false })
}

/** Build output, caches and the like: made again at any time, and made of what is elsewhere. */
export function isRegenerated({ segments }: Path): boolean {
  // Below the root itself the names mean something else: /build, /usr/lib/target.
  if (segments.length < 2 || within({ segments, loose: false }, SYSTEM)) return false
  for (const segment of segments.slice(1)) {
    if (segment === 'tree') continue
    const only = segment.length === 1 ? segment[0] : undefined
    if (typeof only === 'string' && REGENERATED.has(only)) return true
  }
  const last = segments.at(-1)
  const end = last === undefined || last === 'tree' ? undefined : last.at(-1)
  return (
    typeof end === 'string' &&
    REGENERATED_ENDS.some((one) => (end !== one || (last?.length ?? 0) > 1) && end.endsWith(one))
  )
}
