// The walls of the house: floors, imports only down, what may touch the machine, and what the two light rooms reach.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const FILES = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src/*.ts', 'src/**/*.ts'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => file !== '' && !file.endsWith('.test.ts') && !file.includes('/fixtures/'))

/** Rooms by floor, lowest first. A room may import its own files and every floor below. */
const FLOORS: readonly (readonly string[])[] = [
  ['base'],
  ['sys', 'code'],
  ['words', 'backup', 'notify', 'sql'],
  ['plans', 'guard'],
  ['seal', 'deliver'],
  ['tree', 'sandbox', 'agents', 'ledger', 'evidence', 'checks'],
  ['postgres', 'room', 'git'],
  ['sqlite'],
  ['host'],
  ['snapshot'],
  ['restore', 'isolate', 'schema', 'rehearsal'],
  ['contract'],
  ['db'],
  ['record', 'identity', 'policy'],
  ['run', 'playbook'],
  ['change'],
  ['incident'],
  ['app'],
  ['install'],
  ['http', 'cli', 'runner', 'watch', 'verify', 'hook'],
  ['serve.ts'],
]
/**
 * The sides. `host`: only the process `runner` loads it. `gate`: only the gate does, and the command line, which reads some of its rules. What both need is
 * `shared`. `watch`: what looks and tells, in a process of its own. `entry`: starts one of them.
 */
const SIDES = {
  shared: [
    'base',
    'sys',
    'words',
    'backup',
    'notify',
    'sql',
    'plans',
    'guard',
    'code',
    'seal',
    'agents',
    'ledger',
    'contract',
    'checks',
  ],
  host: [
    'tree',
    'sandbox',
    'evidence',
    'room',
    'git',
    'postgres',
    'sqlite',
    'host',
    'snapshot',
    'isolate',
    'restore',
    'schema',
    'rehearsal',
    'runner',
  ],
  gate: ['db', 'record', 'identity', 'policy', 'run', 'playbook', 'change', 'incident', 'app', 'http'],
  watch: ['deliver', 'watch'],
  entry: ['install', 'cli', 'verify', 'hook', 'serve.ts'],
} as const
type Side = keyof typeof SIDES
const MAY_IMPORT: Readonly<Record<Side, readonly Side[]>> = {
  shared: ['shared'],
  host: ['shared', 'host'],
  gate: ['shared', 'gate'],
  watch: ['shared', 'watch'],
  entry: ['shared', 'gate', 'watch', 'entry'],
}
/** The one entry that starts the runner, too. */
const STARTS_THE_HOST = 'src/serve.ts'

const sidesOf = (name: string) =>
  (Object.keys(SIDES) as Side[]).filter((side) => (SIDES[side] as readonly string[]).includes(name))
const sideOf = (file: string) => sidesOf(room(file))[0] as Side
const isOfHost = (file: string) => sideOf(file) === 'host'

/** Arrows that the floors would allow and the walls do not. */
const FORBIDDEN: readonly (readonly [string, string])[] = [
  ['cli', 'http'],
  ['http', 'cli'],
]
/** Doors that the floors would refuse, each with its reason in docs/decisions. */
const ALLOWED = new Map<string, string>([])

/** What the runner reaches: the two rooms that travel light hold nothing else (house §2.5). */
const RUNNER_REACHES =
  /^src\/(base\/|backup\/|code\/|notify\/|ledger\/(entry|merkle|checkpoint)\.ts$|plans\/|sql\/|seal\/|words\/layout\.ts$|sys\/(process|launcher|files|movable|clock|net|config|socket-path|kernel-text|lock)\.ts$|checks\/(health|log-line|machine)\.ts$|guard\/(agent-settings|credential-path|credentials|path|policy|proof|read-policy|value)\.ts$|agents\/(look-at-hooks|guard-places|settings-file)\.ts$)/
/** What stands in front of every tool call of an agent holds nothing that is slow to load. */
const HOOK_REACHES = /^src\/((base|guard|words|hook)\/|sys\/built\.ts$)/
const PURE_ROOMS = [
  'backup',
  'sql',
  'code',
  'notify',
  'plans',
  'seal',
  'guard',
  'playbook',
  'words',
  'contract',
  'checks',
]

/** Files of the runner that open what is ours by its name: nobody else can exchange anything on the way to it. */
const OPENS_BY_NAME = new Map<string, string>([
  ['src/host/walk.ts', 'the one way to a path of the inventory'],
  ['src/tree/openat.ts', 'the same for trees: one component below an open directory'],
  ['src/tree/copy-threads.ts', 'names below open directories, made by openat.ts'],
  ['src/tree/hashers.ts', 'names below open directories, made by openat.ts'],
  ['src/tree/staging.ts', 'names below open directories, made by openat.ts'],
  ['src/tree/owners.ts', 'the accounts of this machine'],
  ['src/tree/take-files.ts', 'a directory of ours, into which files are copied'],
  ['src/schema/tool.ts', 'the copy of ours of what a migration tool needs'],
  ['src/postgres/scratch.ts', 'a cluster of ours'],
  ['src/postgres/confined.ts', 'a directory of ours'],
  ['src/postgres/dump.ts', 'a dump below the place of a backup'],
  ['src/postgres/read-dump.ts', 'a dump below the place of a backup'],
  ['src/postgres/login.ts', 'a directory of ours'],
  ['src/sqlite/sqlite.ts', 'the program node'],
  ['src/git/import.ts', 'a bundle of ours'],
  ['src/runner/code/bundles.ts', 'the directory of bundles on their way in'],
  ['src/git/quarantine.ts', 'a repository of ours'],
  ['src/git/production.ts', 'copied by its owner into a directory of ours'],
  ['src/runner/journal/file.ts', 'the journal'],
  ['src/runner/journal/reserve.ts', 'the journal'],
  ['src/runner/validate-data.ts', 'a directory of ours'],
  ['src/runner/kill-order.ts', 'an order of a test'],
  ['src/runner/open.ts', 'the state directory'],
  ['src/runner/revert/armed.ts', 'the armed records'],
  ['src/sandbox/sandbox.ts', 'a directory of ours, and /proc'],
  ['src/sandbox/limit.ts', 'the groups of the runner below /sys/fs/cgroup, and /proc'],
  ['src/restore/try-restore.ts', 'what was laid out for a restore'],
  ['src/restore/stage-file.ts', 'what was laid out for a restore'],
  ['src/snapshot/adopt-own.ts', 'the journal and what is kept beside it'],
  ['src/snapshot/archive/archives.ts', 'what is kept in the state directory'],
  ['src/snapshot/restic/work.ts', 'a directory of ours'],
  ['src/sandbox/own-code.ts', 'our own program'],
  ['src/isolate/turns.ts', 'the lock in the state directory'],
  ['src/isolate/record.ts', 'the record in the state directory'],
  ['src/runner/isolation/isolations.ts', 'where names of users come from, as root has set it'],
  ['src/runner/lease/record.ts', 'the leases in the state directory'],
  ['src/runner/own-key.ts', 'a key of ours'],
  ['src/runner/secrets.ts', 'the secrets that were put'],
  ['src/evidence/evidence-store.ts', 'the evidence of incidents'],
  ['src/runner/objects.ts', 'the objects that were put'],
  ['src/runner/clock-mark.ts', 'the state directory'],
  ['src/runner/policies.ts', 'the rules'],
  ['src/runner/verbs/rules.ts', 'the rules'],
  ['src/restore/stage-store.ts', 'the state directory'],
  ['src/runner/processes.ts', 'the state directory'],
  ['src/runner/code/hands.ts', 'what was staged, in a directory of ours'],
  ['src/runner/code/store.ts', 'the state directory'],
  ['src/runner/act/exec.ts', 'the output of a command, beside the copies of its execution'],
  ['src/snapshot/copy-snapshot.ts', 'a sealed snapshot'],
  ['src/room/copy-in.ts', 'a tree of ours, into a room of ours in which nothing runs yet'],
  ['src/room/read-out.ts', 'the top of a room of ours; below it open directories'],
  ['src/room/take-out.ts', 'the top of a room of ours; below it open directories'],
  ['src/room/walls.ts', 'a room of ours'],
  ['src/room/sweep.ts', 'a room of ours'],
  ['src/rehearsal/furnish.ts', 'a room of ours in which nothing runs yet'],
  ['src/rehearsal/fingerprint.ts', 'the top of a room of ours; below it open directories'],
  ['src/rehearsal/environment.ts', 'programs and lists of the system'],
  ['src/rehearsal/play.ts', 'inside a room, as root of nothing else'],
])
const LINES_MAX = 400
/** What people read in Japanese stands in src/words. The rest, each with its reason. */
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}、。「」（）・]/u
const JAPANESE_ELSEWHERE = new Map<string, string>([
  ['src/contract/operations/', 'the row of an operation holds the line of help of its command'],
  ['src/plans/config-kinds/', 'a kind of file is one file with what is said of it'],
  [
    'src/guard/agent-settings.ts',
    'written into the settings of an agent; the runner reads it and loads no words',
  ],
  ['src/seal/envelope.ts', 'the characters of a seal'],
  ['src/cli/in-ascii.ts', 'the characters of a seal, and quotation marks, as ASCII'],
  ['src/change/impact.ts', 'reads what people wrote'],
])
/** Through an open descriptor, or nothing that anybody can exchange. */
const NO_NAME_OF_OTHERS =
  /^(?:held\.at\(|stage\.at\(|parent\.at\(|below\(|[`']\/(?:proc|sys|dev)\/|fds?\b|0\b|\)|\{)/

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
  /** Loaded when it is asked for. */
  readonly isLazy?: true
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(
    /^\s*(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  ))
    found.push(one(file, match[2] as string, match[1] !== undefined))
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g))
    found.push({ ...one(file, match[1] as string, false), isLazy: true })
  return found
}

function one(file: string, to: string, typeOnly: boolean): Import {
  return {
    from: file,
    to: to.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), to)) : to,
    typeOnly,
  }
}

function withoutComments(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, '')
}

const IMPORTS = FILES.flatMap(importsOf)
const inside = IMPORTS.filter(({ to }) => to.startsWith('src/'))
const room = (file: string) => file.split('/')[1] as string
const floor = (file: string) => FLOORS.findIndex((rooms) => rooms.includes(room(file)))

const wall = ({ from, to }: Pick<Import, 'from' | 'to'>) =>
  `${from} (${sideOf(from)}) imports ${to} (${sideOf(to)}): a room of ${sideOf(from)} may import ${MAY_IMPORT[sideOf(from)].join(', ')}. What both sides need is a value of a shared room, or it is handed in`

/** All that the files of a room load when they run. */
const closureOf = (name: string) => closureFrom(FILES.filter((file) => room(file) === name))

/** `atStart`: without what is loaded when it is asked for. */
function closureFrom(
  start: readonly string[],
  atStart = false,
): {
  readonly files: readonly string[]
  readonly packages: readonly string[]
} {
  const seen = new Set(start)
  const queue = [...start]
  const packages = new Set<string>()
  for (let file = queue.pop(); file !== undefined; file = queue.pop())
    for (const { to, typeOnly, isLazy } of importsOf(file)) {
      if (typeOnly || to.startsWith('node:') || (atStart && isLazy === true)) continue
      if (!to.startsWith('src/')) packages.add(`${file} -> ${to}`)
      else if (!seen.has(to)) {
        seen.add(to)
        queue.push(to)
      }
    }
  return { files: [...seen], packages: [...packages] }
}

describe('the house', () => {
  test('every file stands in a room that has a floor', () => {
    expect(FILES.filter((file) => floor(file) === -1)).toEqual([])
    expect(FILES.length).toBeGreaterThan(50)
  })

  test('imports only go down, and rooms on one floor do not know each other', () => {
    const up = inside.filter(({ from, to }) => {
      if (room(from) === room(to) || ALLOWED.has(`${from} -> ${to}`)) return false
      const forbidden = FORBIDDEN.some(([a, b]) => room(from) === a && room(to) === b)
      return forbidden || floor(to) >= floor(from)
    })
    expect(up.map(({ from, to }) => `${from} -> ${to}`)).toEqual([])
  })

  test('every room stands on one side', () => {
    expect(FLOORS.flat().filter((name) => sidesOf(name).length !== 1)).toEqual([])
    expect(Object.values(SIDES).flat().toSorted()).toEqual(FLOORS.flat().toSorted())
  })

  test('gate and host never import each other, and what both share imports neither', () => {
    const crossing = inside.filter(
      ({ from, to }) =>
        !MAY_IMPORT[sideOf(from)].includes(sideOf(to)) && !(from === STARTS_THE_HOST && isOfHost(to)),
    )
    expect(crossing.map(wall)).toEqual([])
    // The walls are seen by what they would say of an import that is not there.
    expect(wall({ from: 'src/app/start.ts', to: 'src/tree/walk.ts' })).toBe(
      'src/app/start.ts (gate) imports src/tree/walk.ts (host): a room of gate may import shared, gate. What both sides need is a value of a shared room, or it is handed in',
    )
  })

  test('the linter forbids the same crossings in the editor', () => {
    const { overrides } = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as {
      readonly overrides: readonly { readonly files: readonly string[]; readonly rules: object }[]
    }
    const walls = overrides
      .filter(({ rules }) => 'no-restricted-imports' in rules)
      .map(({ files, rules }) => ({
        of: files.map(room).toSorted(),
        forbidden: [...new Set(JSON.stringify(rules).match(/(?<=\*\*\/)\w+(?=\/)/g))].toSorted(),
      }))
    const [host, gate] = [SIDES.host.toSorted(), SIDES.gate.toSorted()]
    expect(walls).toEqual([
      { of: gate, forbidden: host },
      { of: host, forbidden: gate },
    ])
  })

  test('nothing of the gate is loaded by the runner, through whatever file', () => {
    const { files } = closureOf('runner')
    expect(files.filter((file) => sideOf(file) === 'gate' || sideOf(file) === 'entry')).toEqual([])
    expect(files.filter((file) => sideOf(file) === 'host').length).toBeGreaterThan(200)
  })

  test('there is no cycle of files', () => {
    const next = new Map<string, string[]>()
    for (const { from, to, typeOnly } of inside)
      if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to])
    const done = new Set<string>()
    const visit = (file: string, path: readonly string[]): string | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' -> ')
      if (done.has(file)) return undefined
      for (const to of next.get(file) ?? []) {
        const cycle = visit(to, [...path, file])
        if (cycle !== undefined) return cycle
      }
      done.add(file)
      return undefined
    }
    expect(FILES.map((file) => visit(file, [])).filter((cycle) => cycle !== undefined)).toEqual([])
  })

  test('only sys/ touches processes, the environment and the clock', () => {
    const users = (pattern: RegExp, except: RegExp) =>
      FILES.filter((file) => !except.test(file) && pattern.test(withoutComments(file)))
    expect(users(/^import (?!type)[^'"]*['"]node:child_process['"]/m, /^src\/sys\/process\.ts$/)).toEqual([])
    // The hook travels without sys/: its entry is the one other place that sees environment and clock. As a quoted word it is data.
    expect(users(/(?<!['"])process\.env\b/, /^src\/(sys\/config|hook\/main)\.ts$/)).toEqual([])
    expect(
      users(/\bDate\.now\(\)|\bnew Date\(\)|Math\.random\(\)/, /^src\/(sys\/clock|hook\/main)\.ts$/),
    ).toEqual([])
  })

  test('the runner opens a path of the inventory in one way: through held directories', () => {
    const opens: string[] = []
    const makes: string[] = []
    for (const file of FILES.filter(isOfHost)) {
      const text = withoutComments(file)
      const touchesFiles = /['"]node:fs(?:\/promises)?['"]|sys\/files\.ts/.test(text)
      const calls = text.matchAll(
        /(?<![\w.#]|static async |function )(?:fs\.)?(?:open|openSync|readFile|readFileSync|createReadStream|copyFile|copyFileSync|opendir|readRegular|kernelText)\(\s*([^\n]*)/g,
      )
      for (const [call, argument = ''] of touchesFiles ? calls : [])
        if (!NO_NAME_OF_OTHERS.test(argument)) opens.push(`${file} ${call.trim()}`)
      for (const [argv] of text.matchAll(/\[\s*'cp',[^\]]*\]/g))
        if ((argv.match(/\/proc\/self\/fd\//g) ?? []).length !== 2) opens.push(`${file} ${argv}`)
      if (/^src\/(?:host|runner\/(?:act|verbs))\//.test(file) && file !== 'src/host/walk.ts')
        for (const [call, argument = ''] of text.matchAll(/(?<![\w.#])mkdir(?:Sync)?\(([^\n]*)/g))
          if (!NO_NAME_OF_OTHERS.test(argument)) makes.push(`${file} ${call}`)
    }
    expect(opens.filter((one) => !OPENS_BY_NAME.has(one.split(' ')[0] ?? ''))).toEqual([])
    expect(
      [...OPENS_BY_NAME.keys()].filter((file) => !opens.some((one) => one.startsWith(`${file} `))),
    ).toEqual([])
    expect(makes).toEqual([])
  })

  test('pure rooms reach no part of the machine', () => {
    const node = IMPORTS.filter(({ from, to }) => PURE_ROOMS.includes(room(from)) && to.startsWith('node:'))
    expect(node).toEqual([])
    const crypto = IMPORTS.filter(
      ({ from, to }) =>
        room(from) === 'base' && to.startsWith('node:') && !/^src\/base\/(hash|sign)\.ts$/.test(from),
    )
    expect(crypto).toEqual([])
  })

  test('SQL stands in stores and in db/, the engine behind one file, schemas at the doors', () => {
    const users = (pattern: RegExp, except: RegExp) =>
      IMPORTS.filter(({ from, to, typeOnly }) => !typeOnly && pattern.test(to) && !except.test(from)).map(
        ({ from, to }) => `${from} -> ${to}`,
      )
    expect(users(/^@dbos-inc\//, /^src\/run\/engine\.ts$/)).toEqual([])
    expect(
      users(/^(zod|@hono\/zod-openapi)$/, /^src\/(contract|http)\/|^src\/sys\/config\.ts$|^src\/cli\//),
    ).toEqual([])
    expect(users(/^pg$/, /^src\/db\//)).toEqual([])
    expect(users(/^unbash/, /^src\/guard\/parse\.ts$/)).toEqual([])
  })

  test('the runner reaches its own few rooms and no package at all', () => {
    const { files, packages } = closureOf('runner')
    expect(packages).toEqual([])
    expect(files.filter((file) => !isOfHost(file) && !RUNNER_REACHES.test(file))).toEqual([])
  })

  test('the hook reaches guard, words and base, and the parser', () => {
    const { files, packages } = closureOf('hook')
    expect(packages).toEqual(['src/guard/parse.ts -> unbash'])
    expect(files.filter((file) => !HOOK_REACHES.test(file))).toEqual([])
    expect(files.length).toBeGreaterThan(30)
  })

  test('the command line starts without any package: schemas are loaded when an answer has to be read', () => {
    const { files, packages } = closureFrom(['src/cli/main.ts'], true)
    expect(packages).toEqual([])
    expect(files).toContain('src/contract/operations/change.ts')
  })

  test('no function of some length stands in two rooms: it has one home, on a floor below both', () => {
    const homes = new Map<string, string[]>()
    for (const file of FILES)
      for (const [, name, body] of readFileSync(join(ROOT, file), 'utf8').matchAll(
        /^(?:export )?(?:async )?(?:function|const) (\w+)[^\n]*\{\n((?: [^\n]*\n|\n){5,}?)\}/gm,
      ))
        homes.set(body as string, [...(homes.get(body as string) ?? []), `${file} ${name}`])
    const twice = [...homes.values()].filter((files) => new Set(files.map(room)).size > 1)
    expect(twice).toEqual([])
    expect(homes.size).toBeGreaterThan(500)
  })

  test('a file opens by saying what it is for, and none is too long to read in one sitting', () => {
    const silent = FILES.filter((file) => !/^(#!.*\n)?\/\/ \S/.test(readFileSync(join(ROOT, file), 'utf8')))
    expect(silent).toEqual([])
    const long = FILES.filter((file) => {
      const most = room(file) === 'guard' ? 450 : LINES_MAX
      return readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 > most
    })
    expect(long).toEqual([])
  })

  test('Japanese stands in words alone, but for what is named with its reason', () => {
    const found = FILES.filter((file) => room(file) !== 'words' && JAPANESE.test(withoutComments(file)))
    const named = [...JAPANESE_ELSEWHERE.keys()]
    expect(found.filter((file) => !named.some((place) => file.startsWith(place)))).toEqual([])
    expect(named.filter((place) => !found.some((file) => file.startsWith(place)))).toEqual([])
  })

  test('every package in the lock has an integrity, and no registry is named there', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly resolved?: string }>>
    }
    const fetched = Object.entries(lock.packages).filter(([name]) => name !== '')
    expect(fetched.length).toBeGreaterThan(100)
    expect(
      fetched.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true).map(([name]) => name),
    ).toEqual([])
    expect(fetched.filter(([, { resolved }]) => resolved !== undefined).map(([name]) => name)).toEqual([])
  })
})
